// What was not published: entries that were set aside, and events that were held back.
import { ask, tell, wish } from './ask.js'
import { eventView } from './event.js'
import { ago, count, link, make, outside } from './words.js'

/** Heads over numbers. */
const NUMBERS = ['Tries', 'Held back', 'Published']

function table(name, heads, rows) {
  const body = make('tbody', {}, ...rows)
  return make('div', { className: 'scroll' }, make('table', { className: name },
    make('thead', {}, make('tr', {}, ...heads.map(head => make('th', { scope: 'col', textContent: head, className: NUMBERS.includes(head) ? 'n' : null })))), body))
}

function entryRow(entry) {
  const retry = make('button', { textContent: 'Try again' })
  retry.onclick = async () => {
    retry.disabled = true
    try {
      await wish(`/api/set-aside/${encodeURIComponent(entry.id)}/retry`)
      retry.textContent = 'Asked for'
      tell('It is read again when its site’s turn comes.')
    } catch (error) {
      retry.disabled = false
      tell(error.message, true)
    }
  }
  const line = make('tr', {},
    make('td', {}, make('strong', { textContent: entry.reason }), make('div', { className: 'muted', textContent: entry.stage })),
    make('td', {}, link(entry.url), make('div', { className: 'muted' }, outside(entry.detail))),
    make('td', { className: 'n', textContent: entry.attempts }),
    make('td', { className: 'muted', textContent: ago(entry.last_at) }),
    make('td', { className: 'muted', textContent: entry.retry_at ? ago(entry.retry_at) : 'never' }),
    make('td', {}, retry))
  line.dataset.id = entry.id
  return line
}

function withholdingRow(article) {
  const opened = make('tr', { hidden: true }, make('td', { colspan: 4 }))
  const line = make('tr', { className: 'opens', tabIndex: 0 },
    make('td', { className: 'cut' }, link(article.url, article.title ?? article.url)),
    make('td', { className: 'n', textContent: article.withheld }), make('td', { className: 'n', textContent: article.events }),
    make('td', { className: 'muted', textContent: ago(article.recorded) }))
  line.onclick = async event => {
    if (event.target.closest('a')) return
    opened.hidden = !opened.hidden
    if (opened.dataset.read) return
    opened.dataset.read = 'yes'
    try {
      const { held } = await ask(`/api/held/${encodeURIComponent(article.article_id)}`)
      const shown = held.map(one => make('section', {}, make('p', {}, make('strong', { textContent: one.event.type }), `: ${one.reason}`), eventView(one.event, null, '')))
      opened.firstChild.append(...(shown.length ? shown : [make('p', { className: 'muted', textContent: 'Coded again, it tells none that is held back; the article it repeats tells them.' })]))
    } catch (error) {
      tell(error.message, true)
    }
  }
  return [line, opened]
}

/** Shows what was not published. */
export async function showUnpublished(main, _, isShown) {
  const [{ entries }, first] = await Promise.all([ask('/api/set-aside'), ask('/api/held')])
  if (!isShown()) return
  tell(count(entries.length, 'entry').replace('entrys', 'entries') + ' set aside')
  main.append(make('h2', { textContent: 'Set aside' }))
  if (entries.length) main.append(table('aside', ['Reason', 'Entry', 'Tries', 'Last', 'Next try', ''], entries.map(entryRow)))
  else main.append(make('p', { className: 'muted', textContent: 'Nothing was set aside.' }))
  main.append(make('h2', { textContent: 'Events held back' }),
    make('p', { className: 'muted', textContent: 'Articles with events that are not sure enough, or told as future, denied or supposed. A row opens what they are.' }))
  const held = table('held', ['Article', 'Held back', 'Published', 'When'], first.articles.flatMap(withholdingRow))
  const more = make('button', { textContent: 'Older articles', hidden: !first.next })
  let next = first.next
  more.onclick = async () => {
    const page = await ask(`/api/held?before=${next}`)
    held.querySelector('tbody').append(...page.articles.flatMap(withholdingRow))
    next = page.next
    more.hidden = !next
  }
  if (first.articles.length) main.append(held, make('div', { className: 'more' }, more))
  else main.append(make('p', { className: 'muted', textContent: 'No event was held back.' }))
}
