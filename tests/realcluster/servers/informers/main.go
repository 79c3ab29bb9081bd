// A client as controllers in Go are: shared informers, server-side apply, a work queue, leases, conflicts and retries.
// It tells what it sees line by line, in an order that does not depend on time.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	applyapps "k8s.io/client-go/applyconfigurations/apps/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	applymeta "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"
)

const patience = 30 * time.Second

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("client-go v0.37.2")
		return
	}
	rules := clientcmd.NewDefaultClientConfig(*must(clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))), nil)
	namespace, _, err := rules.Namespace()
	check(err)
	config := must(rules.ClientConfig())
	config.QPS = -1
	if len(os.Args) > 1 && os.Args[1] == "--protobuf" {
		config.ContentType = "application/vnd.kubernetes.protobuf"
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	}
	client := kubernetes.NewForConfigOrDie(config)
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()

	watchNotes(ctx, client, namespace)
	apply(ctx, client, namespace)
	conflict(ctx, client, namespace)
	page(ctx, client, namespace)
	generic(ctx, dynamic.NewForConfigOrDie(config), namespace)
	clean(ctx, client, namespace)
}

// A shared informer sees what is there, what comes, what changes and what goes.
func watchNotes(ctx context.Context, client kubernetes.Interface, namespace string) {
	notes := client.CoreV1().ConfigMaps(namespace)
	create := func(name string) {
		note := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"kind": "note"}}, Data: map[string]string{"text": "one"}}
		must(notes.Create(ctx, note, metav1.CreateOptions{}))
	}
	create("early")
	selected := informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = "kind=note" })
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace), selected)
	informer := factory.Core().V1().ConfigMaps()
	seen := make(chan string, 100)
	tell := func(what string, object any) {
		seen <- what + " " + object.(*corev1.ConfigMap).Name + " " + object.(*corev1.ConfigMap).Data["text"]
	}
	must(informer.Informer().AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc:    func(object any, initial bool) { tell(fmt.Sprintf("added (initially: %v)", initial), object) },
		UpdateFunc: func(_, object any) { tell("updated", object) },
		DeleteFunc: func(object any) { tell("deleted", object) },
	}))
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		fmt.Println("informer of", kind, "synced:", synced)
	}
	fmt.Println(next(seen))
	create("late")
	fmt.Println(next(seen))
	must(notes.Patch(ctx, "late", types.MergePatchType, []byte(`{"data":{"text":"two"}}`), metav1.PatchOptions{}))
	fmt.Println(next(seen))
	must(notes.Patch(ctx, "late", types.MergePatchType, []byte(`{"metadata":{"labels":null}}`), metav1.PatchOptions{}))
	fmt.Println(next(seen))
	check(notes.Delete(ctx, "early", metav1.DeleteOptions{}))
	fmt.Println(next(seen))
	left := must(informer.Lister().ConfigMaps(namespace).List(labels.Everything()))
	fmt.Println("left in the cache:", len(left))
}

// Typed apply configurations, two managers, a conflict, force, and the fields that an applier takes back.
func apply(ctx context.Context, client kubernetes.Interface, namespace string) {
	deployments := client.AppsV1().Deployments(namespace)
	wanted := func(replicas int32, image string) *applyapps.DeploymentApplyConfiguration {
		container := applycore.Container().WithName("web").WithImage(image)
		template := applycore.PodTemplateSpec().WithLabels(map[string]string{"app": "web"}).WithSpec(applycore.PodSpec().WithContainers(container))
		selector := applymeta.LabelSelector().WithMatchLabels(map[string]string{"app": "web"})
		spec := applyapps.DeploymentSpec().WithReplicas(replicas).WithSelector(selector).WithTemplate(template)
		return applyapps.Deployment("web", namespace).WithSpec(spec)
	}
	first := must(deployments.Apply(ctx, wanted(2, "example.com/web:1"), metav1.ApplyOptions{FieldManager: "first"}))
	fmt.Println("applied, generation", first.Generation)
	second := must(deployments.Apply(ctx, wanted(2, "example.com/web:1"), metav1.ApplyOptions{FieldManager: "first"}))
	fmt.Println("applied again, unchanged:", first.Generation == second.Generation)
	_, err := deployments.Apply(ctx, wanted(3, "example.com/web:2"), metav1.ApplyOptions{FieldManager: "second"})
	fmt.Println("conflict:", apierrors.IsConflict(err), err)
	third := must(deployments.Apply(ctx, wanted(3, "example.com/web:2"), metav1.ApplyOptions{FieldManager: "second", Force: true}))
	fmt.Println("forced, replicas", *third.Spec.Replicas)
	extracted := must(applyapps.ExtractDeployment(third, "second"))
	fmt.Println("second owns", *extracted.Spec.Replicas, *extracted.Spec.Template.Spec.Containers[0].Image)
	var managers []string
	for _, entry := range third.ManagedFields {
		// What plays workloads may have written a status by now.
		if entry.Subresource == "" {
			managers = append(managers, entry.Manager+"/"+string(entry.Operation))
		}
	}
	sort.Strings(managers)
	fmt.Println("managers", strings.Join(managers, " "))
	check(deployments.Delete(ctx, "web", metav1.DeleteOptions{}))
}

// An update of an old version is refused; a retry wins.
func conflict(ctx context.Context, client kubernetes.Interface, namespace string) {
	notes := client.CoreV1().ConfigMaps(namespace)
	old := must(notes.Get(ctx, "late", metav1.GetOptions{}))
	fresh := old.DeepCopy()
	fresh.Data["text"] = "three"
	must(notes.Update(ctx, fresh, metav1.UpdateOptions{}))
	old.Data["text"] = "four"
	_, err := notes.Update(ctx, old, metav1.UpdateOptions{})
	fmt.Println("update of an old version:", apierrors.IsConflict(err), err)
	check(retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current := must(notes.Get(ctx, "late", metav1.GetOptions{}))
		current.Data["text"] = "five"
		_, err := notes.Update(ctx, current, metav1.UpdateOptions{})
		return err
	}))
	fmt.Println("after a retry:", must(notes.Get(ctx, "late", metav1.GetOptions{})).Data["text"])
	_, err = notes.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"}}, metav1.CreateOptions{})
	fmt.Println("create again:", apierrors.IsAlreadyExists(err), err)
	_, err = notes.Get(ctx, "absent", metav1.GetOptions{})
	fmt.Println("get of nothing:", apierrors.IsNotFound(err), err)
	_, err = notes.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "Not_A_Name"}}, metav1.CreateOptions{})
	fmt.Println("create of what is invalid:", apierrors.IsInvalid(err), err)
}

// Lists come in pages.
func page(ctx context.Context, client kubernetes.Interface, namespace string) {
	notes := client.CoreV1().ConfigMaps(namespace)
	for index := range 7 {
		note := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("page-%d", index), Labels: map[string]string{"kind": "page"}}}
		must(notes.Create(ctx, note, metav1.CreateOptions{}))
	}
	pages := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) {
		list, err := notes.List(ctx, options)
		if err == nil {
			fmt.Println("a page of", len(list.Items))
		}
		return list, err
	}))
	pages.PageSize = 3
	count := 0
	check(pages.EachListItem(ctx, metav1.ListOptions{LabelSelector: "kind=page"}, func(runtime.Object) error { count++; return nil }))
	fmt.Println("items in pages:", count)
	check(notes.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "kind=page"}))
}

// The dynamic client, for what has no types.
func generic(ctx context.Context, client dynamic.Interface, namespace string) {
	kind := schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}
	policies := client.Resource(kind).Namespace(namespace)
	policy := map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "closed"}, "spec": map[string]any{"podSelector": map[string]any{}}}
	applied := must(policies.Apply(ctx, "closed", &unstructured.Unstructured{Object: policy}, metav1.ApplyOptions{FieldManager: "generic"}))
	fmt.Println("applied a", applied.GetKind(), string(must(json.Marshal(applied.Object["spec"]))))
	check(policies.Delete(ctx, "closed", metav1.DeleteOptions{}))
}

func clean(ctx context.Context, client kubernetes.Interface, namespace string) {
	check(client.CoreV1().ConfigMaps(namespace).Delete(ctx, "late", metav1.DeleteOptions{}))
	fmt.Println("done")
}

func next(seen <-chan string) string {
	select {
	case told := <-seen:
		return told
	case <-time.After(patience):
		return "nothing seen"
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
