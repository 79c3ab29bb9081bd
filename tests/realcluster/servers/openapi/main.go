// Packs the schemas of Kubernetes' own kinds, one a line: its name, a tab and its JSON. They are asked of a new server
// without CRDs, which KUBECONFIG names: what is published as files lacks the values that fields may have.
// Writes host/sandbox/src/openapi/schemas.gz: `go run ./openapi > …`.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check(err)
	client, err := discovery.NewDiscoveryClientForConfig(config)
	check(err)
	documents, err := client.OpenAPIV3().Paths()
	check(err)
	lines := map[string]string{}
	for path, document := range documents {
		check(collect(lines, document), path)
	}
	write(lines)
}

func collect(lines map[string]string, from openapi.GroupVersion) error {
	text, err := from.Schema("application/json")
	if err != nil {
		return err
	}
	var document struct {
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	for name, schema := range document.Components.Schemas {
		var compact bytes.Buffer
		if err := json.Compact(&compact, schema); err != nil {
			return err
		}
		lines[name] = fmt.Sprintf("%s\t%s\n", name, compact.String())
	}
	return nil
}

func write(lines map[string]string) {
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	sort.Strings(names)
	out, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	check(err)
	for _, name := range names {
		_, err := out.Write([]byte(lines[name]))
		check(err)
	}
	check(out.Close())
}

func check(err error, place ...any) {
	if err != nil {
		log.Fatal(append(place, err)...)
	}
}
