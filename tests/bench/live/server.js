// A small service on Node whose memory behaves as its environment says. README.md lists the variables.
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const { PerformanceObserver, constants } = require('node:perf_hooks');
const v8 = require('node:v8');

const setting = (name) => Number(process.env[name] || '0');
const leak = setting('LEAK_BYTES');
const garbage = setting('GARBAGE_BYTES');
const cacheKeys = setting('CACHE_KEYS');
const cacheEntry = setting('CACHE_ENTRY_BYTES');
const stepSize = setting('STEP_BYTES');
const stepAfter = setting('STEP_AFTER_SECONDS');

// Garbage is thrown away only after so many requests: it is in the old generation by then.
const GARBAGE_LIVES = 200;
const started = process.hrtime.bigint();
const leaked = [];
const cached = new Map();
const waste = [];
let step = null;

// Numbers lie on the heap itself, 8 bytes each; buffers and typed arrays would lie beside it.
const allocate = (bytes) => new Array(Math.floor(bytes / 8)).fill(0.5);
const seconds = () => Number(process.hrtime.bigint() - started) / 1e9;

// Behaves as one request should.
function touch() {
  if (leak) leaked.push(allocate(leak));
  if (cacheKeys) {
    const key = crypto.randomInt(cacheKeys);
    if (!cached.has(key)) cached.set(key, allocate(cacheEntry));
  }
  if (stepSize && !step && seconds() >= stepAfter) step = allocate(stepSize);
  if (garbage) {
    waste.push(allocate(garbage));
    if (waste.length > GARBAGE_LIVES) waste.shift();
  }
}

// Some computation with short-lived objects: about 20 kB of them.
function work() {
  touch();
  const order = Array.from({ length: 100 }, (_, id) => ({ id, amount: Math.random() }));
  return crypto.createHash('sha256').update(JSON.stringify(order)).digest('hex') + '\n';
}

// Collections by kind: how many, and seconds. As in prom-client, a kind is there once it has happened.
const collections = new Map();
const kinds = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const kind = kinds[entry.detail.kind];
    const [count, total] = collections.get(kind) || [0, 0];
    collections.set(kind, [count + 1, total + entry.duration / 1e3]);
  }
}).observe({ entryTypes: ['gc'] });

// What prom-client exports, in its names; of the histogram of collections only its count and sum.
function metrics() {
  const memory = process.memoryUsage();
  const gauges = [
    ['nodejs_heap_size_used_bytes', memory.heapUsed],
    ['nodejs_heap_size_total_bytes', memory.heapTotal],
    ['nodejs_external_memory_bytes', memory.external],
    ['process_resident_memory_bytes', memory.rss],
  ].map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`);
  const spaces = v8.getHeapSpaceStatistics().map(({ space_name, space_used_size }) =>
    `nodejs_heap_space_size_used_bytes{space="${space_name.replace('_space', '')}"} ${space_used_size}\n`);
  const collected = [...collections].map(([kind, [count, total]]) =>
    `nodejs_gc_duration_seconds_sum{kind="${kind}"} ${total}\n` +
    `nodejs_gc_duration_seconds_count{kind="${kind}"} ${count}\n`);
  return [
    ...gauges,
    '# TYPE nodejs_heap_space_size_used_bytes gauge\n', ...spaces,
    '# TYPE nodejs_gc_duration_seconds histogram\n', ...collected,
  ].join('');
}

const routes = { '/work': work, '/healthz': () => 'ok\n', '/metrics': metrics };

http.createServer((request, response) => {
  const answer = routes[request.url];
  // One connection for each request: idle ones would hold memory.
  response.writeHead(answer ? 200 : 404, { 'Content-Type': 'text/plain; version=0.0.4', Connection: 'close' });
  response.end(answer ? answer() : '');
}).listen(setting('PORT'), '127.0.0.1');
