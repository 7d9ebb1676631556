// The worker: its ledger, what waits, how long each stage takes, and what an operator should know.
import { ask, tell } from './ask.js'
import { readMetrics } from './metrics.js'
import { ago, count, keepDrawn, lasting, make } from './words.js'

const brief = seconds => seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : lasting(seconds)

function fill(list, lines) {
  list.replaceChildren(...lines.flatMap(([name, value]) => [make('dt', { textContent: name }), make('dd', { textContent: value })]))
}

function describeWorker(status) {
  return [
    ['Version', status.version], ['Started', ago(status.started)], ['Stopping', status.stopping ? 'yes' : 'no'],
    ['Articles since', status.articles.toLocaleString('en')], ['Events since', status.events.toLocaleString('en')],
    ['Taken back since', status.retracted.toLocaleString('en')],
    ['From publication to commit', status.lag ? `${lasting(status.lag.last)} the last, ${lasting(status.lag.median)} mostly` : 'no article with a time yet'],
  ]
}

function describeLedger({ ledger }, session, metrics) {
  const differing = metrics.one('dateline_feed_lists_differing')
  const lines = [
    ['Kind', session.ledger === 'kafka' ? 'Kafka' : 'SQLite'],
    ['State', ledger.unreachable_since ? `out of reach since ${ago(ledger.unreachable_since)}` : ledger.restored ? 'answers' : 'is being read'],
    ['Partitions of this worker', ledger.partitions],
    ['Records that cannot be read', ledger.unreadable],
    ['Feed lists of other workers that differ', differing ? `${differing}` : 'none'],
  ]
  if (session.instance) lines.splice(1, 0, ['Instance', session.instance])
  return lines
}

function describeQueues({ ledger }, metrics) {
  return [
    ['Entries waiting', ledger.waiting.toLocaleString('en')],
    ['The oldest since', ledger.oldest ? ago(ledger.oldest) : 'none waits'],
    ['Visits to sites in flight', metrics.one('dateline_visits_in_flight') ?? 0],
  ]
}

/** Of each label of a counter, the number. */
function describeCounts(metrics, name, label) {
  const lines = metrics.all(name).map(({ labels, value }) => [labels[label], value])
  return lines.sort((a, b) => b[1] - a[1]).map(([name, value]) => [name.replaceAll('_', ' '), value.toLocaleString('en')])
}

function stageRows(metrics) {
  const counts = metrics.all('dateline_stage_seconds_count')
  const sums = new Map(metrics.all('dateline_stage_seconds_sum').map(({ labels, value }) => [labels.stage, value]))
  const total = [...sums.values()].reduce((a, b) => a + b, 0) || 1
  return counts.map(({ labels: { stage }, value }) => {
    const sum = sums.get(stage) ?? 0
    return make('tr', {}, make('th', { scope: 'row', textContent: stage }),
      make('td', { className: 'n', textContent: value.toLocaleString('en') }),
      make('td', { className: 'n', textContent: value ? brief(sum / value) : '' }),
      make('td', {}, make('meter', { min: 0, max: 1, value: sum / total, 'aria-label': `${Math.round(100 * sum / total)} of a hundred of all time` })))
  })
}

/** Shows the worker. */
export async function showWorker(main, _, isShown) {
  const session = await ask('/api/session')
  const list = () => make('dl', { className: 'facts' })
  const [worker, ledger, queues, articles, aside] = [list(), list(), list(), list(), list()]
  const notes = make('ul')
  const stages = make('tbody')
  const part = (name, ...children) => make('section', {}, make('h2', { textContent: name }), ...children)
  const table = make('table', { className: 'stages' },
    make('thead', {}, make('tr', {}, ...['Stage', 'Times', 'Mean', 'Share of time'].map(head => make('th', { scope: 'col', textContent: head })))), stages)
  main.append(part('What an operator should know', notes), make('div', { className: 'parts' },
    part('Worker', worker), part('Ledger', ledger), part('Queues', queues), part('Stages', table),
    part('Entries settled', articles), part('Set aside, by reason', aside)),
  make('p', { className: 'muted' }, 'The same as JSON: ', make('a', { href: '/status.json', textContent: '/status.json' }), '. Metrics: ', make('a', { href: '/metrics', textContent: '/metrics' }), '.'))
  const draw = async () => {
    const [status, metrics] = await Promise.all([ask('/status.json'), readMetrics()])
    fill(worker, describeWorker(status))
    fill(ledger, describeLedger(status, session, metrics))
    fill(queues, describeQueues(status, metrics))
    fill(articles, describeCounts(metrics, 'dateline_articles_total', 'outcome'))
    fill(aside, describeCounts(metrics, 'dateline_set_aside_total', 'reason'))
    stages.replaceChildren(...stageRows(metrics))
    notes.replaceChildren(...(status.notes.length ? status.notes : ['Nothing.']).map(note => make('li', { className: 'outside', textContent: note })))
    tell(count(status.feeds.length, 'feed'))
  }
  return keepDrawn(draw, isShown, error => tell(error.message, true))
}
