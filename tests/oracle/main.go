// Prints what BuildKit itself makes of Dockerfiles: the same JSON as `tfimages references -`.
//
// Reads one path per line from standard input. The images are those that BuildKit asks the
// resolver for when it turns the default target into LLB; nothing is fetched.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	digest "github.com/opencontainers/go-digest"
)

const (
	longestPath = 1 << 20
	patience    = time.Minute
)

type answer struct {
	File       string   `json:"file"`
	References []string `json:"references"`
	Error      *string  `json:"error"`
}

// asked remembers every image whose config is asked for, and answers with an empty one.
type asked struct {
	mutex  sync.Mutex
	images map[string]bool
}

func (a *asked) ResolveImageConfig(_ context.Context, image string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.images[image] = true
	return image, "", []byte(`{"os":"linux","architecture":"amd64"}`), nil
}

// builder stands for the builder's side of a build, which has a say of its own: it looks for a
// named context in each stage's place. Its context is a git one, so that no files are asked for.
type builder struct {
	client.Client
	capabilities apicaps.CapSet
}

func (b builder) BuildOpts() client.BuildOpts {
	return client.BuildOpts{
		Opts:    map[string]string{"context": "https://localhost/context.git"},
		LLBCaps: b.capabilities,
		Caps:    gateway.Caps.CapSet(gateway.Caps.All()),
	}
}

func referencesOf(dockerfile []byte) (found []string, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("BuildKit panicked: %v", panicked)
		}
	}()
	resolver := &asked{images: map[string]bool{}}
	platform := platforms.MustParse("linux/amd64")
	capabilities := pb.Caps.CapSet(pb.Caps.All())
	frontend, err := dockerui.NewClient(builder{capabilities: capabilities})
	if err != nil {
		return nil, err
	}
	_, err = dockerfile2llb.Dockerfile2LLB(context.Background(), dockerfile, dockerfile2llb.ConvertOpt{
		Client:         frontend,
		TargetPlatform: &platform,
		MetaResolver:   resolver,
		LLBCaps:        &capabilities,
	})
	for image := range resolver.images {
		found = append(found, image)
	}
	sort.Strings(found)
	return found, err
}

func describe(path string) answer {
	found := answer{File: path, References: []string{}}
	dockerfile, err := os.ReadFile(path)
	if err == nil {
		var images []string
		images, err = referencesOf(dockerfile)
		found.References = append(found.References, images...)
	}
	if err != nil {
		text := err.Error()
		found.Error = &text
	}
	return found
}

// describeInTime answers for BuildKit where it works on one file without end.
func describeInTime(path string) answer {
	done := make(chan answer, 1)
	go func() { done <- describe(path) }()
	select {
	case found := <-done:
		return found
	case <-time.After(patience):
		text := fmt.Sprintf("no answer within %v", patience)
		return answer{File: path, References: []string{}, Error: &text}
	}
}

func main() {
	paths := bufio.NewScanner(os.Stdin)
	paths.Buffer(nil, longestPath)
	lines := json.NewEncoder(os.Stdout)
	lines.SetEscapeHTML(false)
	for paths.Scan() {
		if err := lines.Encode(describeInTime(paths.Text())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
