// client.mjs PACKAGE [ID] - the suite's own server and client, in one process.
//
// Writes the port that its server got on 127.0.0.1, waits for a line with the
// URL of what is to be tested, lets the suite do its cases (or the one with
// this ID, whose messages it prints), and writes a line of JSON: a list of
// what became of each.  All that the suite itself prints goes to stderr.

import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'
import readline from 'node:readline'

const [folder, id] = process.argv.slice(2)
const part = name => import(path.join(folder, name))
const fetch = createRequire(path.join(folder, 'cli.mjs'))('node-fetch')

console.log = console.error

// The suite would listen on all addresses, and leave its pid in a file.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function () {
  this.once('listening', () =>
    process.stdout.write(`${this.address().port}\n`))
  return listen.call(this, 0, '127.0.0.1')
}
process.env.npm_config_protocol = 'http'
process.env.npm_config_port = '1'
process.env.npm_config_pidfile = '/dev/null'

async function readSets () {
  const sets = [...(await part('tests/index.mjs')).default]
  for (const name of ['surrogate-control', 'cdn-cache-control']) {
    let set
    try {
      set = (await part(`tests/${name}.mjs`)).default
    } catch {
      continue
    }
    if (!sets.includes(set)) sets.push({ ...set, beside: true })
  }
  if (id === undefined) return sets
  return sets.flatMap(set => {
    const tests = set.tests.filter(test => test.id === id)
    tests.forEach(test => { test.dump = true })
    return tests.length ? [{ ...set, tests }] : []
  })
}

const sets = await readSets()
await part('server/server.mjs')
const lines = readline.createInterface({ input: process.stdin })
const url = (await lines[Symbol.asyncIterator]().next()).value

const { runTests, getResults } = await part('client/runner.mjs')
const { testUUIDs } = await part('client/test.mjs')
await runTests(sets, fetch, false, url)
const results = getResults()

const cases = sets.flatMap(set => set.tests
  .filter(test => !test.browser_only)
  .map(test => ({
    id: test.id,
    name: test.name,
    kind: test.kind || 'required',
    beside: set.beside || false,
    needs: test.depends_on || [],
    path: `/test/${testUUIDs[test.id]}`,
    result: results[test.id]
  })))
process.stdout.write(JSON.stringify(cases) + '\n', () => process.exit(0))
