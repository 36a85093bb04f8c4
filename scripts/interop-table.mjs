// The table of peers in README.md, made from what the interop tests recorded: `npm run test:interop -- --table`.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root } from './ensure.mjs'

const begin = '<!-- made by npm run test:interop -- --table -->\n'
const end = '<!-- end of the table -->\n'
const home = process.env.BROKERS_HOME ?? '/opt/amqp-brokers'

/** Version of a Debian package without its epoch and what Debian adds. */
function packageVersion(name, admin = '/var/lib/dpkg') {
  const { stdout } = spawnSync('dpkg-query', [`--admindir=${admin}`, '-s', name], { encoding: 'utf8' })
  return /^Version: (?:\d+:)?([^-+~\n]*)/m.exec(stdout ?? '')?.[1] ?? ''
}

/** Those that stories are told with, in the order of the table; `version` for those that do not say it in their open. */
const brokers = {
  rabbitmq4: { name: 'RabbitMQ 4' },
  rabbitmq3: {
    name: 'RabbitMQ 3 with its AMQP 1.0 plugin',
    version: () => packageVersion('rabbitmq-server', join(home, 'rabbitmq3', 'root', 'var', 'lib', 'dpkg')),
  },
  artemis: { name: 'ActiveMQ Artemis' },
  'broker-j': { name: 'Qpid Broker-J' },
  proton: { name: 'Qpid Proton, Python broker', version: () => packageVersion('python3-qpid-proton') },
  'proton-c': {
    name: 'Qpid Proton, C example broker',
    version: () => packageVersion('libqpid-proton11-dev'),
  },
}

const clients = {
  rhea: {
    name: 'rhea',
    version: () => JSON.parse(readFileSync(join(root, 'node_modules/rhea/package.json'), 'utf8')).version,
  },
  proton: {
    name: 'Qpid Proton, C and Python example clients',
    version: () => packageVersion('python3-qpid-proton'),
  },
  uamqp: { name: 'uAMQP for Python', version: () => packageVersion('python3-uamqp') },
}

/** Files of stories, in the words of the table. */
const groups = {
  messages: 'messages',
  volume: 'large and many',
  clients: 'clients',
  'settle-modes': 'settle modes',
  outcomes: 'outcomes',
  credit: 'credit',
  filters: 'filters',
  addresses: 'addresses',
  'request-reply': 'requests and answers',
  management: 'management',
  authentication: 'authentication',
  scram: 'SCRAM',
  tls: 'TLS',
  websocket: 'WebSocket',
  proxy: 'HTTP proxy',
  idle: 'idle',
  broken: 'broken lines',
  watermark: 'memory alarm',
  samples: 'samples',
}

const distinct = (values) => [...new Set(values)]

function brokerRow(peer, { name, version }, records) {
  const told = records.filter((record) => record.peer === peer)
  const said = told.find((record) => record.version !== undefined)?.version
  const done = new Set(told.filter((record) => record.lacks === undefined).map((record) => record.group))
  const unnamed = [...done].filter((group) => groups[group] === undefined && !group.startsWith('foreign/'))
  if (unnamed.length > 0) throw new Failure(`the table has no words for ${unnamed.join(', ')}`)
  const run = Object.keys(groups).filter((group) => done.has(group))
  const lacks = distinct(told.flatMap((record) => record.lacks ?? []))
  const stories = told.filter((record) => record.title !== undefined).length
  const words = run.map((group) => groups[group]).join(', ')
  return [name, said ?? version?.() ?? '', `${stories}: ${words}`, lacks.join('; ')]
}

function clientRow(client, { name, version }, records) {
  const told = records.filter((record) => record.group === `foreign/${client}`)
  const met = Object.keys(brokers).filter((peer) => told.some((record) => record.peer === peer))
  const lacks = distinct(told.flatMap((record) => record.clientLacks ?? []))
  const words = met.map((peer) => brokers[peer].name).join('; ')
  return [name, version(), `${told.length}: at the other end of ${words}`, lacks.join('; ')]
}

/** The table of what is recorded, in Markdown. */
export function tableOf(records) {
  const rows = [
    ['peer', 'version', 'stories that were told', 'what it does not do'],
    ['---', '---', '---', '---'],
    ...Object.entries(brokers).map(([peer, about]) => brokerRow(peer, about, records)),
    ...Object.entries(clients).map(([client, about]) => clientRow(client, about, records)),
  ]
  return rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** The text with the table between its markers. */
export function putTable(text, table) {
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Failure('README.md has lost the markers of the table of peers')
  return text.slice(0, from + begin.length) + table + text.slice(to)
}

/** Writes what the file of records says into README.md. */
export function writeTable(file) {
  const records = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse)
  const path = join(root, 'README.md')
  writeFileSync(path, putTable(readFileSync(path, 'utf8'), tableOf(records)))
}
