// Prints how the API server's own types are shown inside its messages: for each field, the name that is printed, the name
// in the API and the type. Writes host/sandbox/src/rules/golang.txt.
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/networking"
	"k8s.io/kubernetes/pkg/apis/policy"
	"k8s.io/kubernetes/pkg/apis/rbac"
)

var out = map[string][]string{}

func name(t reflect.Type) string {
	p := t.PkgPath()
	return p[strings.LastIndex(p, "/")+1:] + "." + t.Name()
}

func flat(t reflect.Type) []reflect.StructField {
	var fs []reflect.StructField
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if f.Anonymous && (tag == "" || strings.HasPrefix(tag, ",")) {
			ft := f.Type
			if ft.Kind() == reflect.Ptr {
				ft = ft.Elem()
			}
			fs = append(fs, flat(ft)...)
			continue
		}
		if f.PkgPath != "" {
			continue
		}
		fs = append(fs, f)
	}
	return fs
}

func key(f reflect.StructField) (string, bool) {
	tag := f.Tag.Get("json")
	parts := strings.Split(tag, ",")
	n := parts[0]
	if n == "" {
		n = f.Name
	}
	omit := false
	for _, p := range parts[1:] {
		if p == "omitempty" {
			omit = true
		}
	}
	return n, omit
}

func typ(i, v reflect.Type) string {
	switch i.Kind() {
	case reflect.Ptr:
		if v != nil && v.Kind() == reflect.Ptr {
			v = v.Elem()
		}
		return "*" + typ(i.Elem(), v)
	case reflect.Slice:
		if i.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if v != nil && v.Kind() == reflect.Slice {
			v = v.Elem()
		} else {
			v = nil
		}
		return "[]" + typ(i.Elem(), v)
	case reflect.Map:
		if v != nil && v.Kind() == reflect.Map {
			v = v.Elem()
		} else {
			v = nil
		}
		return "{}" + typ(i.Elem(), v)
	case reflect.Struct:
		n := name(i)
		switch n {
		case "resource.Quantity", "intstr.IntOrString", "v1.Time", "v1.MicroTime", "v1.FieldsV1", "v1.LabelSelector":
			return n[strings.Index(n, ".")+1:]
		}
		if v != nil && v.Kind() == reflect.Ptr {
			v = v.Elem()
		}
		walk(i, v)
		return n
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Interface:
		return "any"
	default:
		return "int"
	}
}

func walk(i, v reflect.Type) {
	n := name(i)
	if _, ok := out[n]; ok {
		return
	}
	out[n] = nil
	vs := map[string]reflect.StructField{}
	if v != nil && v.Kind() == reflect.Struct {
		for _, f := range flat(v) {
			vs[f.Name] = f
		}
	}
	var lines []string
	for _, f := range flat(i) {
		k, omit := key(f)
		if k == "-" {
			continue
		}
		vk := "-"
		var vt reflect.Type
		// What an object is called stands in its metadata; of its own type the server knows nothing inside.
		if vf, ok := vs[f.Name]; ok && k != "kind" && k != "apiVersion" {
			vk, _ = key(vf)
			vt = vf.Type
		}
		o := ""
		if omit {
			o = "?"
		}
		lines = append(lines, fmt.Sprintf("%s%s %s %s", k, o, vk, typ(f.Type, vt)))
	}
	out[n] = lines
}

func main() {
	root := func(i, v interface{}) { walk(reflect.TypeOf(i), reflect.TypeOf(v)) }
	root(core.PodTemplateSpec{}, corev1.PodTemplateSpec{})
	root(core.PersistentVolumeClaim{}, corev1.PersistentVolumeClaim{})
	root(core.ServicePort{}, corev1.ServicePort{})
	root(apps.DeploymentStrategy{}, appsv1.DeploymentStrategy{})
	root(apps.DaemonSetUpdateStrategy{}, appsv1.DaemonSetUpdateStrategy{})
	root(apps.StatefulSetUpdateStrategy{}, appsv1.StatefulSetUpdateStrategy{})
	out["OwnerReference"] = []string{
		"apiVersion apiVersion string", "kind kind string", "name name string", "uid uid string",
		"controller? controller *bool", "blockOwnerDeletion? blockOwnerDeletion *bool",
	}
	root(rbac.RoleRef{}, rbacv1.RoleRef{})
	root(batch.SuccessPolicy{}, batchv1.SuccessPolicy{})
	root(policy.PodDisruptionBudgetSpec{}, policyv1.PodDisruptionBudgetSpec{})
	root(batch.PodFailurePolicyRule{}, batchv1.PodFailurePolicyRule{})
	root(networking.IngressBackend{}, netv1.IngressBackend{})
	root(apiext.CustomResourceDefinitionVersion{}, apiextv1.CustomResourceDefinitionVersion{})
	var names []string
	for n := range out {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Println("%" + n)
		for _, l := range out[n] {
			fmt.Println(l)
		}
	}
}
