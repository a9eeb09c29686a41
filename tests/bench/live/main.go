// A small service on Go whose memory behaves as its environment says. README.md lists the variables.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"os"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"
)

// setting is a whole number from the environment; 0 when it is not set.
func setting(name string) int {
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
	return number
}

// memory is what the service keeps, and what it throws away, on each request.
type memory struct {
	lock                 sync.Mutex
	leaked               [][]byte
	cached               map[int][]byte
	step                 []byte
	started              time.Time
	leak, garbage        int
	cacheKeys, cacheSize int
	stepSize, stepAfter  int
}

// waste is where the last garbage lies: what nobody can reach might not be allocated on the heap at all.
var waste []byte

// touch behaves as one request should.
func (m *memory) touch() {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.leak > 0 {
		m.leaked = append(m.leaked, make([]byte, m.leak))
	}
	if m.cacheKeys > 0 {
		if key := rand.Intn(m.cacheKeys); m.cached[key] == nil {
			m.cached[key] = make([]byte, m.cacheSize)
		}
	}
	if m.stepSize > 0 && m.step == nil && time.Since(m.started) >= time.Duration(m.stepAfter)*time.Second {
		m.step = make([]byte, m.stepSize)
	}
	if m.garbage > 0 {
		waste = make([]byte, m.garbage)
	}
}

type line struct {
	ID     int     `json:"id"`
	Amount float64 `json:"amount"`
}

// work is some computation with short-lived objects: about 20 kB of them.
func work() string {
	order := make([]*line, 100)
	for number := range order {
		order[number] = &line{number, rand.Float64()}
	}
	text, err := json.Marshal(order)
	if err != nil {
		log.Fatal(err)
	}
	return fmt.Sprintf("%x\n", sha256.Sum256(text))
}

// page is what the Go client exports, in its names. runtime/metrics does not stop the world to read them.
func page() string {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	live, objects := samples[0].Value.Uint64(), samples[1].Value.Uint64()
	unused, cycles := samples[2].Value.Uint64(), samples[3].Value.Uint64()
	return fmt.Sprintf("# TYPE go_gc_heap_live_bytes gauge\ngo_gc_heap_live_bytes %d\n"+
		"# TYPE go_memstats_heap_alloc_bytes gauge\ngo_memstats_heap_alloc_bytes %d\n"+
		"# TYPE go_memstats_heap_inuse_bytes gauge\ngo_memstats_heap_inuse_bytes %d\n"+
		"# TYPE go_gc_cycles_total_gc_cycles_total counter\ngo_gc_cycles_total_gc_cycles_total %d\n",
		live, objects, objects+unused, cycles)
}

// answer sends text, and closes the connection: idle ones would hold memory.
func answer(text func() string) http.HandlerFunc {
	return func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain; version=0.0.4")
		response.Header().Set("Connection", "close")
		fmt.Fprint(response, text())
	}
}

func main() {
	kept := &memory{
		cached: map[int][]byte{}, started: time.Now(),
		leak: setting("LEAK_BYTES"), garbage: setting("GARBAGE_BYTES"),
		cacheKeys: setting("CACHE_KEYS"), cacheSize: setting("CACHE_ENTRY_BYTES"),
		stepSize: setting("STEP_BYTES"), stepAfter: setting("STEP_AFTER_SECONDS"),
	}
	http.HandleFunc("/work", answer(func() string { kept.touch(); return work() }))
	http.HandleFunc("/healthz", answer(func() string { return "ok\n" }))
	http.HandleFunc("/metrics", answer(page))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
