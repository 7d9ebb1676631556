// The worker's metrics, read from Prometheus' text: names, labels and numbers.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

function readLine(line) {
  const [, name, labels, value] = LINE.exec(line) ?? []
  if (!name) return null
  return { name, labels: Object.fromEntries([...(labels ?? '').matchAll(LABEL)].map(([, key, text]) => [key, text])), value: Number(value) }
}

/** All of them: `all` of a name with their labels, or the only `one`. */
export async function readMetrics() {
  const reply = await fetch('/metrics', { cache: 'no-store' }).catch(() => null)
  if (!reply?.ok) throw new Error('the worker does not answer')
  const samples = (await reply.text()).split('\n').map(readLine).filter(Boolean)
  const all = name => samples.filter(sample => sample.name === name)
  return { all, one: name => all(name)[0]?.value }
}
