// The feeds and the worker, as the board shows them; both move while one looks.
import { ask, tell } from './ask.js'
import { ago, count, lasting, link, make, outside } from './words.js'

const AGAIN_MS = 5000
/** A screen of feeds and a hundred more; the filter finds the others. */
const MOST_FEEDS = 500
const BAD = ['failing', 'disabled', 'silent', 'held']

/** Draws now and again until the part is left. */
async function keepDrawn(draw, isShown) {
  let timer
  const again = async () => {
    try {
      await draw(await ask('/status.json'))
    } catch (error) {
      tell(error.message, true)
    }
    if (isShown()) timer = setTimeout(again, AGAIN_MS)
  }
  await again()
  return () => clearTimeout(timer)
}

function feedRow(feed) {
  const state = make('td', { textContent: feed.state, className: feed.state === 'ok' ? 'good' : BAD.includes(feed.state) ? 'bad' : '' })
  const why = feed.failure ?? (feed.moved_to ? `moved to ${feed.moved_to}` : feed.next_why)
  return make('tr', {},
    make('td', { className: 'cut' }, link(feed.url, feed.name ?? feed.url)), state,
    make('td', { textContent: ago(feed.last_success) }), make('td', { textContent: ago(feed.last_new) }), make('td', { textContent: ago(feed.next_poll) }),
    make('td', { className: 'n', textContent: lasting(feed.interval_s) }),
    make('td', { className: 'n', textContent: feed.new_a_day == null ? '' : feed.new_a_day.toFixed(1) }),
    make('td', { className: 'n', textContent: feed.silence == null ? '' : `${feed.silence.toFixed(1)} ×` }),
    make('td', { className: 'muted cut' }, outside(why)))
}

/** Shows the feeds. */
export async function showFeeds(main, { query }, isShown) {
  const search = make('input', { type: 'search', value: query.get('q') ?? '', 'aria-label': 'Search feeds' })
  const state = make('select', { 'aria-label': 'State' }, ...['', 'ok', 'new', ...BAD].map(value => make('option', { value, textContent: value || 'any state' })))
  state.value = query.get('state') ?? ''
  const heads = ['Feed', 'State', 'Last success', 'Last news', 'Next poll', 'Rhythm', 'New a day', 'Silence', 'Why']
  const body = make('tbody')
  main.append(make('form', { className: 'filter', onsubmit: event => event.preventDefault() }, make('label', { className: 'wide' }, 'Search', search), make('label', {}, 'State', state)),
    make('div', { className: 'scroll' }, make('table', { className: 'feeds' },
      make('thead', {}, make('tr', {}, ...heads.map(head => make('th', { scope: 'col', textContent: head })))), body)))
  let last = []
  const order = ['failing', 'disabled', 'held', 'silent', 'new', 'ok']
  const draw = () => {
    const word = search.value.toLowerCase()
    const wanted = last.filter(feed => (!state.value || feed.state === state.value) && `${feed.name ?? ''} ${feed.url}`.toLowerCase().includes(word))
    wanted.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.id.localeCompare(b.id))
    body.replaceChildren(...wanted.slice(0, MOST_FEEDS).map(feedRow))
    if (!wanted.length) body.append(make('tr', {}, make('td', { colspan: 9, className: 'muted', textContent: last.length ? 'No such feed.' : 'No feed is listed, or none is polled yet: dateline feeds add https://a.news.site/' })))
    tell(`${count(wanted.length, 'feed')}${wanted.length > MOST_FEEDS ? `, the first ${MOST_FEEDS} shown` : ''}`)
  }
  search.oninput = state.onchange = () => {
    history.replaceState(null, '', `#feeds?${new URLSearchParams({ q: search.value, state: state.value })}`)
    draw()
  }
  return keepDrawn(status => { last = status.feeds; draw() }, isShown)
}

/** Shows the worker. */
export async function showWorker(main, _, isShown) {
  const facts = make('dl', { className: 'facts' })
  const notes = make('ul')
  main.append(make('h2', { textContent: 'Worker' }), facts, make('h2', { textContent: 'What an operator should know' }), notes,
    make('p', { className: 'muted' }, 'The same as JSON: ', make('a', { href: '/status.json', textContent: '/status.json' }), '. Metrics: ', make('a', { href: '/metrics', textContent: '/metrics' }), '.'))
  return keepDrawn(status => {
    const ledger = status.ledger
    const lines = [
      ['Version', status.version], ['Started', ago(status.started)], ['Stopping', status.stopping ? 'yes' : 'no'],
      ['Articles since', status.articles.toLocaleString('en')], ['Events since', status.events.toLocaleString('en')], ['Taken back since', status.retracted.toLocaleString('en')],
      ['From publication to commit', status.lag ? `${lasting(status.lag.last)} the last, ${lasting(status.lag.median)} mostly` : 'no article with a time yet'],
      ['Ledger', ledger.unreachable_since ? `out of reach since ${ago(ledger.unreachable_since)}` : ledger.restored ? 'answers' : 'is being read'],
      ['Partitions owned', ledger.partitions], ['Entries waiting', ledger.waiting.toLocaleString('en')], ['The oldest since', ledger.oldest ? ago(ledger.oldest) : 'none waits'],
      ['Records that cannot be read', ledger.unreadable],
    ]
    facts.replaceChildren(...lines.flatMap(([name, value]) => [make('dt', { textContent: name }), make('dd', { textContent: value })]))
    notes.replaceChildren(...(status.notes.length ? status.notes : ['Nothing.']).map(note => make('li', { className: 'outside', textContent: note })))
    tell(`${count(status.feeds.length, 'feed')}`)
  }, isShown)
}
