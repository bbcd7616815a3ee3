// Package page is the shape of all pages: one file that needs no network and no
// other, is whole without script, and can be read on a phone, in the dark, by ear
// and on paper.
//
// It knows nothing of what a page is about. That says its text, with three templates
// of its own: what the window is called, the head, and the rest.
//
//	{{define "title"}}ipcbench: machines{{end}}
//	{{define "head"}}<h1>Machines</h1><p class="lead">{{.Lead}}</p>{{end}}
//	{{define "main"}}
//	<section><h2>What differs</h2>{{template "table" .Differences}}</section>
//	{{template "figure" .Courses}}
//	{{end}}
//
// and whoever writes it:
//
//	//go:embed machines.html
//	var machinesText string
//
//	var machinesPage = page.New(machinesText)
//
//	func WriteMachines(w io.Writer, m Machines) error {
//		return machinesPage.Write(w, contents{...}) // .Lead, .Differences: page.TableOf(a table), .Courses: figureOf(a chart)
//	}
//
// Such pages are in package report, which draws their charts (figureOf in figure.go).
// What such a text may use besides is in parts.html, a template for each type of
// this package. How all of it looks is in style.css, what it does with script in
// page.js.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"sync"
)

var (
	//go:embed base.html
	base string
	//go:embed parts.html
	parts string
	//go:embed style.css
	style string
	//go:embed page.js
	script string
)

// A Page is a kind of page.
type Page struct{ template func() *template.Template }

// New is a page of these texts. They are parsed where the first such page is made,
// and not in every worker of a run; it panics then if one of them is no template.
func New(texts ...string) Page {
	return Page{sync.OnceValue(func() *template.Template {
		t := template.New("base").Funcs(template.FuncMap{
			"style":  func() template.CSS { return template.CSS(style) },
			"script": func() template.JS { return template.JS(script) },
			"policy": policy,
		})
		for _, text := range append([]string{base, parts}, texts...) {
			template.Must(t.Parse(text))
		}
		return t
	})}
}

// Write writes a page of that kind, of what its text asks data for.
func (p Page) Write(w io.Writer, data any) error {
	var html bytes.Buffer
	if err := p.template().ExecuteTemplate(&html, "base", data); err != nil {
		return err
	}
	_, err := w.Write(html.Bytes())
	return err
}

// policy has a browser fetch nothing for a page and run no script but ours, whatever
// a record has in it.
func policy() string {
	sum := sha256.Sum256([]byte(script))
	return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
