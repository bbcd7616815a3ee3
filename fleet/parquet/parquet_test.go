package parquet_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	library "github.com/parquet-go/parquet-go"

	"ipcbench/fleet/parquet"
	"ipcbench/results"
	"ipcbench/results/export"
	"ipcbench/results/resultstest"
)

const (
	farHost  = 7  // is far from its kind
	onceHost = 50 // has one run alone, and no rack
)

// night is so many runs of a made-up fleet: hosts of two kinds, two kernels in turn, of
// which the second is slower through unix, and a launch in fifty that fails.
func night(runs int) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range runs {
			host := i % 50
			if i == 0 {
				host = onceHost
			}
			kernel := []string{"6.12.0", "6.18.0"}[i/50%2]
			run := resultstest.Run
			run.Name = fmt.Sprintf("night-%d", i)
			run.Started = run.Started.Add(time.Duration(i/100) * 24 * time.Hour)
			run.Labels = map[string]string{results.HostLabel: fmt.Sprintf("host%02d", host), "rack": fmt.Sprintf("r%d", host%5)}
			if host == onceHost {
				delete(run.Labels, "rack")
			}
			run.Host = map[string]string{"cpu": []string{"Example 9000", "Example 7000"}[host%2], "kernel": kernel, "governor": []string{"performance", "powersave"}[host%3%2]}
			var launches []results.Launch
			for t, transport := range []string{"pipe", "unix"} {
				for n := range 3 {
					ns := 5000 * float64(t+1) * (1 + 0.1*float64(host%2)) * (1 + 0.03*rng.NormFloat64())
					if kernel == "6.18.0" && transport == "unix" {
						ns *= 1.2
					}
					if host == farHost {
						ns *= 1.3
					}
					l := resultstest.OK(resultstest.Cell(transport, "latency", 64, "same-cpu"), n+1, results.RTTP50, ns)
					l.Metrics[results.RTTP99] = ns * (3 + float64(host)/100)
					l.Labels = run.Labels
					if rng.IntN(50) == 0 {
						l.Status, l.Reason, l.Metrics, l.Messages = results.Failed, "the peer died", nil, 0
					}
					launches = append(launches, l)
				}
			}
			for row := range export.Rows(&run, launches) {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func file(t *testing.T, runs int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "launches.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := parquet.Write(f, night(runs)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWhatIsWrittenIsRead: every row, the columns in their order, and what they mean.
func TestWhatIsWrittenIsRead(t *testing.T) {
	data, err := os.ReadFile(file(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	f, err := library.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	want := int64(0)
	for range night(20) {
		want++
	}
	if f.NumRows() != want {
		t.Errorf("there are %d rows, and not %d", f.NumRows(), want)
	}
	fields := f.Schema().Fields()
	for i, c := range export.RowColumns() {
		if fields[i].Name() != c.Name {
			t.Fatalf("column %d is %s, and not %s", i, fields[i].Name(), c.Name)
		}
		if _, told := f.Lookup("column." + c.Name); !told {
			t.Errorf("nothing says what column %s is", c.Name)
		}
	}
	text, _ := f.Lookup("metric.rtt_p50_ns")
	var said struct{ Unit, Definition, Better string }
	if err := json.Unmarshal([]byte(text), &said); err != nil || said.Unit != "ns" || said.Definition == "" || said.Better != "less" {
		t.Errorf("of rtt_p50_ns it says %s, %v", text, err)
	}
}

// An engine answers queries by its npm package: a line of JSON for each, of its rows.
type engine struct {
	name     string
	at       string // the variable that names a directory in which npm has installed it
	pkg, ask string // its package, and what makes a function of it that asks
}

var (
	duckDB = engine{"DuckDB", "DUCKDB", "@duckdb/node-api", `
		const db = await (await engine.DuckDBInstance.create(':memory:')).connect();
		ask = async query => (await db.runAndReadAll(query)).getRowObjectsJson();`}
	clickHouse = engine{"ClickHouse", "CLICKHOUSE", "chdb", `
		ask = async query => JSON.parse(engine.query(query.replace(/;\s*$/, ''), 'JSON')).data;`}
)

const script = `
const engine = require(process.env.ENGINE);
(async () => {
  let ask;
  %s
  for (const query of JSON.parse(require('fs').readFileSync(0, 'utf8'))) console.log(JSON.stringify(await ask(query)));
})().catch(e => { console.error(String(e)); process.exit(1); });
`

// answers are those of an engine to queries, which is skipped where it is not at hand.
func (e engine) answers(t *testing.T, dir string, queries ...string) (all [][]map[string]any) {
	t.Helper()
	modules := os.Getenv(e.at)
	if modules == "" {
		t.Skipf("%s names no directory in which npm has installed %s", e.at, e.pkg)
	}
	asked, err := json.Marshal(queries)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "-e", fmt.Sprintf(script, e.ask))
	node.Dir = dir
	node.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(modules, "node_modules"), "ENGINE="+e.pkg)
	node.Stdin = bytes.NewReader(asked)
	var said bytes.Buffer
	node.Stderr = &said
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", e.name, err, said.String())
	}
	for line := range bytes.Lines(out) {
		var rows []map[string]any
		if err := json.Unmarshal(line, &rows); err != nil {
			t.Fatal(err)
		}
		all = append(all, rows)
	}
	if len(all) != len(queries) {
		t.Fatalf("%s: %d queries have %d answers", e.name, len(queries), len(all))
	}
	return all
}

// queries are those of the page, as they stand there.
func queries(t *testing.T) (all []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1) {
		all = append(all, string(found[1]))
	}
	if len(all) != 10 {
		t.Fatalf("the page has %d queries", len(all))
	}
	return all
}

// TestTheQueriesOfThePage are answered by each engine, of 1,000 runs.
func TestTheQueriesOfThePage(t *testing.T) {
	for _, e := range []engine{duckDB, clickHouse} {
		t.Run(e.name, func(t *testing.T) {
			all := e.answers(t, filepath.Dir(file(t, 1000)), queries(t)...)
			for i, rows := range all {
				if len(rows) == 0 {
					t.Errorf("query %d has no answer", i+1)
				}
			}
			if len(all[0]) != 4 {
				t.Errorf("there are %d kinds of machine and kernel, and not 4", len(all[0]))
			}
			changed := 0
			for _, row := range all[2] {
				if change, is := row["change"].(float64); is && (change > 0.1) == (row["transport"] == "unix") {
					changed++
				}
			}
			if changed != len(all[2]) || changed != 100 {
				t.Errorf("of 100 hosts and transports, %d are told as they were made: %v", changed, all[2])
			}
			for _, row := range all[3] {
				if row["host"] != fmt.Sprintf("host%02d", farHost) {
					t.Errorf("far from its kind: %v", row)
				}
			}
			if len(all[9]) != 12 || all[9][0]["rack"] != nil || all[9][1]["rack"] == nil {
				t.Errorf("by label: %v", all[9])
			}
		})
	}
}

// TestEnginesAgree on every query of the page, to the digits that adding up in another order
// changes.
func TestEnginesAgree(t *testing.T) {
	dir, asked := filepath.Dir(file(t, 1000)), queries(t)
	one, other := duckDB.answers(t, dir, asked...), clickHouse.answers(t, dir, asked...)
	for i := range asked {
		if len(one[i]) != len(other[i]) {
			t.Errorf("query %d: %s has %d rows, %s %d", i+1, duckDB.name, len(one[i]), clickHouse.name, len(other[i]))
			continue
		}
		for n, row := range one[i] {
			for column, value := range row {
				if !isAbout(value, other[i][n][column]) {
					t.Errorf("query %d, row %d: %s is %v by %s, and %v by %s", i+1, n+1, column, value, duckDB.name, other[i][n][column], clickHouse.name)
				}
			}
		}
	}
}

// isAbout compares values, of which an engine may have whole numbers as texts.
func isAbout(a, b any) bool {
	x, errX := strconv.ParseFloat(fmt.Sprint(a), 64)
	y, errY := strconv.ParseFloat(fmt.Sprint(b), 64)
	if errX != nil || errY != nil {
		return a == b
	}
	return math.Abs(x-y) <= 1e-9*math.Abs(x)
}

// TestMetadataAreRead as the page says, by DuckDB alone.
func TestMetadataAreRead(t *testing.T) {
	all := duckDB.answers(t, filepath.Dir(file(t, 20)), "select decode(key) as key, decode(value) as value from parquet_kv_metadata('launches.parquet')")
	if !slices.ContainsFunc(all[0], func(row map[string]any) bool { return row["key"] == "metric.rtt_p50_ns" }) {
		t.Errorf("of rtt_p50_ns nothing is said: %v", all[0])
	}
}
