// What a page can do besides with script: nothing of it is needed to read one.
'use strict'

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

// Tables: sorting by a column, filtering by those that say what a row is of, and CSV.

const textOf = cell => cell ? cell.textContent.trim() : ''

// What a cell comes to as a number, undefined where it is none: "4.10 GB/s", "≈ +9.9 %", "÷2.6", "<0.001", "4 KiB".
function numberIn(text) {
  if (text === 'best') return 0
  const m = /^[<>≈ ]*([×÷+−-]?)([\d.]+)\s?(([kKMGTmµn]?)(i?).*)$/.exec(text)
  if (!m) return undefined
  const [, sign, digits, unit, prefix, binary] = m
  const value = digits * (unit === 's' || unit === 'm' ? 1 : (binary ? 1024 : 1000) ** (prefix && 'nµm kMGT'.indexOf(prefix.replace('K', 'k')) - 3))
  return { '×': (value - 1) * 100, '÷': (1 / value - 1) * 100, '−': -value, '-': -value }[sign] ?? value
}

// Rows in bundles: one whose first cell is empty goes on with what is above it.
function bundlesOf(table) {
  const bundles = []
  for (const row of table.tBodies[0].rows) {
    if (textOf(row.cells[0]) || !bundles.length) bundles.push([row])
    else bundles.at(-1).push(row)
  }
  return bundles
}

function sortBy(table, bundles, column) {
  const heads = [...table.tHead.rows[0].cells]
  const order = { none: 'ascending', ascending: 'descending', descending: 'none' }[heads[column].ariaSort ?? 'none']
  for (const head of heads) head.ariaSort = null
  if (order !== 'none') heads[column].ariaSort = order
  table.classList.toggle('sorted', order !== 'none')
  const keyed = bundles.map(bundle => {
    const text = textOf(bundle[0].cells[column])
    return { bundle, text, number: numberIn(text), none: text === '' || text === '—' || bundle[0].querySelector('.note') !== null }
  })
  const numeric = heads[column].classList.contains('n')
  const compare = (a, b) => numeric ? (a.number ?? 0) - (b.number ?? 0) : a.text.localeCompare(b.text, 'en', { numeric: true })
  if (order !== 'none') keyed.sort((a, b) => a.none - b.none || (order === 'ascending' ? 1 : -1) * compare(a, b))
  table.tBodies[0].append(...keyed.flatMap(k => k.bundle))
}

function csvOf(table) {
  const quoted = cell => {
    let text = textOf(cell)
    if (/^[=@+−-]/.test(text) && numberIn(text) === undefined) text = "'" + text // no formula
    return /[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text
  }
  return [...table.rows].filter(row => !row.hidden).map(row => [...row.cells].map(quoted).join(',')).join('\n') + '\n'
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = make('textarea', { value: text })
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  button.textContent = 'Copied'
  setTimeout(() => { button.textContent = 'Copy as CSV' }, 1500)
}

function equip(table) {
  const heads = [...table.tHead.rows[0].cells], bundles = bundlesOf(table)
  if (bundles.length < 2) return
  heads.forEach((head, column) => {
    const button = make('button', { type: 'button', onclick: () => sortBy(table, bundles, column) }, ...head.childNodes)
    head.append(button)
  })
  const tools = make('div', { className: 'tools' })
  const filters = []
  const filter = (name, valueOf) => {
    const values = [...new Set(bundles.map(b => valueOf(b[0])))].filter(Boolean)
    if (values.length < 2) return
    const few = values.length <= 24
    const control = few
      ? make('select', {}, make('option', { value: '' }, 'all'), ...values.map(v => make('option', { value: v }, v)))
      : make('input', { type: 'search', size: 14, placeholder: 'all' })
    control.addEventListener('input', () => {
      for (const bundle of bundles) {
        const hidden = filters.some(hides => hides(bundle[0]))
        for (const row of bundle) row.hidden = hidden
      }
    })
    filters.push(row => control.value && (few ? valueOf(row) !== control.value : !valueOf(row).includes(control.value)))
    tools.append(make('label', {}, name + ' ', control))
  }
  if (bundles.length > 5) {
    for (let i = 0; i < table.dataset.by; i++) filter(textOf(heads[i]), row => textOf(row.cells[i]))
    if (table.dataset.by) filter('waits', row => row.dataset.waits ?? '')
  }
  tools.append(make('button', { type: 'button', onclick: e => copy(e.target, csvOf(table)) }, 'Copy as CSV'))
  if (filters.length || bundles.length > 5) table.closest('.scroll').before(tools)
}

document.querySelectorAll('table.results').forEach(equip)

// Charts: the value at the pointer, and lines that a click on their name hides.

const tip = make('div', { className: 'tip', hidden: true })
tip.setAttribute('aria-hidden', 'true')
document.body.append(tip)

addEventListener('pointerover', event => {
  const mark = event.target.closest?.('svg .mark, svg.flame g')
  tip.hidden = !mark
  if (!mark) return
  const title = mark.querySelector(':scope > title') // which a browser shows by itself, a second later
  if (title) mark.says = title.textContent
  title?.remove()
  tip.textContent = mark.says
  const box = mark.getBoundingClientRect()
  const left = box.x + box.width / 2 - tip.offsetWidth / 2
  tip.style.left = scrollX + Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 4)) + 'px'
  tip.style.top = scrollY + box.y - tip.offsetHeight - 6 + 'px'
})

const named = [...document.querySelectorAll('svg .name')].map(name => [name, name.getBBox()]) // all before any is changed
for (const [name, box] of named) {
  const svg = name.ownerSVGElement
  const around = document.createElementNS(svg.namespaceURI, 'rect') // to be clicked between the letters too
  for (const side of ['x', 'y', 'width', 'height']) around.setAttribute(side, box[side])
  around.setAttribute('fill', 'transparent')
  name.prepend(around)
  const toggle = () => {
    const off = name.classList.toggle('off')
    name.setAttribute('aria-pressed', !off)
    for (const line of svg.querySelectorAll('[data-of]')) {
      if (line !== name && line.dataset.of === name.dataset.of) line.classList.toggle('gone', off)
    }
  }
  svg.setAttribute('role', 'group') // a picture has no buttons
  name.setAttribute('role', 'button')
  name.setAttribute('tabindex', 0)
  name.setAttribute('aria-label', name.dataset.of)
  name.setAttribute('aria-pressed', true)
  name.addEventListener('click', toggle)
  name.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    toggle()
  })
}

// What is folded is printed too.
addEventListener('beforeprint', () => {
  for (const folded of document.querySelectorAll('details:not([open])')) folded.open = folded.unfolded = true
})
addEventListener('afterprint', () => {
  for (const details of document.querySelectorAll('details')) {
    if (details.unfolded) details.open = details.unfolded = false
  }
})
