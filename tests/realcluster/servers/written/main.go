// Prints how Go's encoder writes the empty fields of the API's own types, one type a line: fields that
// are left out where they are empty, and with `!` those that are written as null. Writes host/sandbox/src/rules/written.txt.
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var lines = map[string]string{}

// The name of a type in OpenAPI, or nothing for those that are not of the API.
func name(of reflect.Type) string {
	path := of.PkgPath()
	if path == "" || !strings.HasPrefix(path, "k8s.io/") {
		return ""
	}
	return "io.k8s." + strings.ReplaceAll(strings.TrimPrefix(path, "k8s.io/"), "/", ".") + "." + of.Name()
}

func visit(of reflect.Type) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		visit(of.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	key := name(of)
	if _, seen := lines[key]; seen || key == "" || of == reflect.TypeOf(metav1.ObjectMeta{}) {
		return
	}
	lines[key] = ""
	var words []string
	fields(of, &words)
	sort.Strings(words)
	lines[key] = strings.Join(words, " ")
}

func fields(of reflect.Type, words *[]string) {
	for i := 0; i < of.NumField(); i++ {
		field := of.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		if field.PkgPath != "" || tag[0] == "-" {
			continue
		}
		if tag[0] == "" {
			if field.Type.Kind() == reflect.Struct {
				fields(field.Type, words)
			}
			continue
		}
		omits := strings.Contains(field.Tag.Get("json"), ",omitempty") || strings.Contains(field.Tag.Get("json"), ",omitzero")
		zero := strings.Contains(field.Tag.Get("json"), ",omitzero")
		switch field.Type.Kind() {
		case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Int:
			if omits {
				*words = append(*words, tag[0])
			}
		case reflect.Slice, reflect.Map:
			if !omits {
				*words = append(*words, "!"+tag[0])
			} else if field.Type.Elem().Kind() == reflect.Uint8 {
				*words = append(*words, tag[0])
			}
		case reflect.Struct:
			if (field.Type == reflect.TypeOf(metav1.Time{}) || field.Type == reflect.TypeOf(metav1.MicroTime{})) && !zero {
				*words = append(*words, "!"+tag[0])
			}
		}
		visit(field.Type)
	}
}

func main() {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(all); err != nil {
			panic(err)
		}
	}
	for kind, of := range all.AllKnownTypes() {
		if !strings.HasSuffix(kind.Kind, "List") && !strings.HasSuffix(kind.Kind, "Options") && !strings.Contains(kind.Version, "alpha") && !strings.Contains(kind.Version, "beta") {
			visit(of)
		}
	}
	var names []string
	for key, words := range lines {
		if words != "" {
			names = append(names, key)
		}
	}
	sort.Strings(names)
	for _, key := range names {
		fmt.Println(key, lines[key])
	}
}
