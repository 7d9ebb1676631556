// The events: filter, table, map and chart over the same question; new ones come at the top as they are committed.
import { ask, tell } from './ask.js'
import { drawChart, drawLegend } from './chart.js'
import { drawMap } from './map.js'
import { ago, count, link, make, named, outside } from './words.js'

const FIELDS = [
  ['q', 'Search', 'search', 'wide'], ['type', 'Type', 'list'], ['actor', 'Actor', 'search'], ['recipient', 'Recipient', 'search'],
  ['country', 'Country', 'list'], ['place', 'Place', 'search'], ['source', 'Source', 'list'], ['from', 'From', 'date'], ['to', 'To', 'date'],
  ['confidence', 'Confidence', 'number'],
]
/** While older events are being read, and after new ones, the pictures are drawn again this often. */
const AGAIN_MS = 1500
/** After a key is pressed the question waits for the next one so long. */
const TYPED_MS = 250

/** The event that was opened last: whoever comes back finds the table there. */
let openedLast

/** The row of an event. */
export function eventRow(row, isNew = false) {
  const act = row.type + (row.mode ? ` ${row.mode}` : '') + (row.status === 'revised' ? ' (revised)' : '')
  const title = make('td', { className: 'cut' }, link(row.url, row.title ?? row.url ?? ''))
  title.title = row.title ?? ''
  const line = make('tr', { className: isNew ? 'opens new' : 'opens', tabIndex: 0, title: row.sentence },
    make('td', { textContent: row.day ?? '' }),
    make('td', { className: 'cut' }, named(row.actor, row.actor_country)),
    make('td', {}, make('span', { className: 'legend' }, make('i', { className: `q${row.quad}` })), act),
    make('td', { className: row.recipient ? 'cut to' : 'cut blank' }, named(row.recipient, row.recipient_country)),
    make('td', { className: row.place ? 'cut' : 'cut blank' }, named(row.place, row.place_country)),
    make('td', { className: 'n', textContent: row.confidence.toFixed(2) }),
    title,
    make('td', { className: 'muted', textContent: ago(row.recorded) }))
  line.dataset.id = row.id
  line.onclick = event => {
    if (event.target.closest('a')) return
    openedLast = row.id
    location.hash = `#event/${encodeURIComponent(row.id)}`
  }
  return line
}

/** A table of events. */
export function eventTable(rows) {
  const heads = [['When', 'when'], ['Who'], ['Act', 'act'], ['To whom'], ['Where', 'where'], ['Sure', 'sure n'], ['Article', 'article'], ['Published', 'ago']]
  return make('table', { className: 'events' },
    make('thead', {}, make('tr', {}, ...heads.map(([textContent, className]) => make('th', { scope: 'col', textContent, className })))),
    make('tbody', {}, ...rows.map(row => eventRow(row))))
}

/** Of what the answers speak, in words. */
function describeScope(scope, total) {
  const of = count(total, 'event')
  if (scope.reading) return `${of} so far, older ones are being read`
  if (scope.ledger === 'sqlite') return scope.whole ? `${of} of ${scope.events.toLocaleString('en')} in the ledger` : `${of} of the newest ${scope.events.toLocaleString('en')}`
  return `${of}; this worker since ${ago(scope.since)}, ${scope.events.toLocaleString('en')} known`
}

function makeFilter(query, change) {
  const form = make('form', { className: 'filter', role: 'search' })
  let typed
  for (const [key, name, kind, wide] of FIELDS) {
    const input = kind === 'list'
      ? make('select', { name: key }, make('option', { value: '', textContent: 'any' }))
      : make('input', { name: key, type: kind, ...(kind === 'number' ? { min: 0, max: 1, step: 0.05, placeholder: 'at least' } : {}) })
    if (kind === 'list' && query.get(key)) input.append(make('option', { value: query.get(key), textContent: query.get(key) }))
    input.value = query.get(key) ?? ''
    input.oninput = () => {
      clearTimeout(typed)
      typed = setTimeout(() => change(key, input.value), kind === 'search' ? TYPED_MS : 0)
    }
    form.append(make('label', { className: wide ?? '' }, name, input))
  }
  form.onsubmit = event => event.preventDefault()
  return form
}

/** Fills a list with what there is, the chosen one among it. */
function fillList(form, key, named) {
  const list = form.elements[key]
  if (document.activeElement === list) return
  const chosen = list.value
  const options = named.map(({ name, count }) => make('option', { value: name, textContent: `${name} (${count})` }))
  if (chosen && !named.some(({ name }) => name === chosen)) options.unshift(make('option', { value: chosen, textContent: chosen }))
  list.replaceChildren(make('option', { value: '', textContent: 'any' }), ...options)
  list.value = chosen
}

/** Shows the events of a filter, until the part is left. */
export async function showEvents(main, { query }, isShown) {
  const state = { query: new URLSearchParams([...query].filter(([, value]) => value)), next: null, asked: 0, shown: null, changed: '' }
  const map = make('figure', {}, make('figcaption', { className: 'legend' }))
  const chart = make('figure', {}, make('figcaption', { textContent: 'By day of the happening; a click asks for it' }))
  drawLegend(map.querySelector('figcaption'))
  const table = eventTable([])
  const body = table.querySelector('tbody')
  const more = make('button', { textContent: 'Older events', hidden: true })
  const fresh = make('button', { className: 'fresh', hidden: true })
  const clear = make('button', { type: 'button', className: 'clear', textContent: 'Clear' })
  const form = makeFilter(state.query, (key, value) => change({ [key]: value }))
  form.append(clear)
  main.append(form, make('div', { className: 'pictures' }, map, chart), fresh,
    make('div', { className: 'scroll' }, table), make('div', { className: 'more' }, more))

  /** The filter lives in the address, so that a view can be linked and the way back leads through it. */
  function change(given) {
    for (const [key, value] of Object.entries(given)) {
      if (value) state.query.set(key, value)
      else state.query.delete(key)
      form.elements[key].value = value ?? ''
    }
    // A word that is typed letter by letter is one step of the way back.
    const changed = Object.keys(given).join()
    const address = `#events?${state.query}`
    if (changed === state.changed) history.replaceState(null, '', address)
    else history.pushState(null, '', address)
    state.changed = changed
    return refresh()
  }

  clear.onclick = () => change(Object.fromEntries(FIELDS.map(([key]) => [key, ''])))

  async function refresh() {
    const mine = ++state.asked
    const isLate = () => mine !== state.asked || !isShown()
    try {
      const page = await ask(`/api/events?${state.query}`)
      if (isLate()) return
      state.next = page.next
      const focused = document.activeElement?.closest('tr.opens')?.dataset.id
      body.replaceChildren(...page.events.map(row => eventRow(row)))
      // For whoever measures how long they took.
      performance.mark('rows')
      more.hidden = !page.next
      fresh.hidden = true
      state.shown = null
      clear.disabled = ![...state.query].length
      if (!page.events.length) body.append(await emptyRow(page.scope))
      focusAgain(focused)
      await drawPictures(isLate, page.scope.reading)
    } catch (error) {
      tell(error.message, true)
    }
  }

  async function drawPictures(isLate, wasReading = false) {
    const summary = await ask(`/api/summary?${state.query}`)
    if (isLate()) return
    tell(describeScope(summary.scope, summary.total))
    fillList(form, 'type', summary.types)
    fillList(form, 'country', summary.countries)
    fillList(form, 'source', summary.sources)
    drawChart(chart, summary.days, (from, to) => change({ from, to }))
    await drawMap(map, summary.places, place => change({ place }))
    main.dataset.total = summary.total
    countFresh(summary.total)
    // The table may be older than the pictures: what it showed while the ledger was being read is asked for again.
    if (summary.scope.reading || wasReading) setTimeout(() => { if (!isLate()) refresh() }, summary.scope.reading ? AGAIN_MS : 0)
  }

  /** What the worker counts beyond what the table began with is new, and of this filter. */
  function countFresh(total) {
    state.shown ??= total
    fresh.hidden = total <= state.shown
    fresh.textContent = `${count(total - state.shown, 'new event')}: show`
  }

  /** The row one was on, or comes back to, is found again in the table that was drawn anew. */
  function focusAgain(focused) {
    const id = openedLast ?? focused
    const line = id && body.querySelector(`tr[data-id="${CSS.escape(id)}"]`)
    line?.focus({ preventScroll: true })
    if (openedLast) line?.scrollIntoView({ block: 'center' })
    openedLast = null
  }

  async function emptyRow(scope) {
    let why = scope.reading ? 'The ledger is being read.' : 'No event of this kind.'
    if (![...state.query].length && !scope.reading) {
      const { feeds, articles } = await ask('/status.json')
      why = feeds.length
        ? `No event yet; ${count(feeds.length, 'feed')} polled, ${count(articles, 'article')} published since the start.`
        : 'No event yet, and no feed is listed: dateline feeds add https://a.news.site/'
    }
    return make('tr', {}, make('td', { colspan: 8, className: 'muted', textContent: why }))
  }

  more.onclick = async () => {
    const page = await ask(`/api/events?${new URLSearchParams([...state.query, ['before', state.next]])}`)
    state.next = page.next
    body.append(...page.events.map(row => eventRow(row)))
    more.hidden = !page.next
  }

  fresh.onclick = () => {
    window.scrollTo(0, 0)
    return refresh()
  }

  const stream = new EventSource('/api/stream')
  let again
  const drawAgain = () => {
    clearTimeout(again)
    again = setTimeout(() => { if (isShown()) drawPictures(() => !isShown()).catch(error => tell(error.message, true)) }, AGAIN_MS)
  }
  stream.addEventListener('event', event => {
    const row = JSON.parse(event.data)
    const known = body.querySelector(`tr[data-id="${CSS.escape(row.id)}"]`)
    const isAtTop = ![...state.query].length && window.scrollY < 200
    if (known) known.replaceWith(eventRow(row, true))
    else if (isAtTop) {
      body.querySelector('td[colspan]')?.parentElement.remove()
      body.prepend(eventRow(row, true))
      if (state.shown != null) state.shown += 1
    }
    drawAgain()
  })
  // More came than was taken: what is missing comes with a new answer.
  stream.addEventListener('dropped', () => { if (isShown()) refresh() })
  await refresh()
  return () => {
    stream.close()
    clearTimeout(again)
  }
}
