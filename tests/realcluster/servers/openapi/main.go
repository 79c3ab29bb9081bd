// Packs the schemas that Kubernetes publishes for its own kinds, one a line: its name, a tab and its JSON.
// Writes host/sandbox/src/openapi/schemas.gz: `go run ./openapi > …`.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

func main() {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes").Output()
	if err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "api/openapi-spec/v3/*.json"))
	if err != nil || len(files) == 0 {
		log.Fatal("no documents: ", err)
	}
	lines := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		var document struct {
			Components struct{ Schemas map[string]json.RawMessage }
		}
		if err := json.Unmarshal(text, &document); err != nil {
			log.Fatal(file, ": ", err)
		}
		for name, schema := range document.Components.Schemas {
			if _, known := lines[name]; known {
				continue
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, schema); err != nil {
				log.Fatal(file, ": ", name, ": ", err)
			}
			lines[name] = fmt.Sprintf("%s\t%s\n", name, compact.String())
		}
	}
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	sort.Strings(names)
	out, _ := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	for _, name := range names {
		if _, err := out.Write([]byte(lines[name])); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
}
