// KafkaJS in the matrix of groups, transactions and administration: one verb a run, which fails when something is not as it
// must be. KafkaJS knows no static members.
'use strict'

const path = require('path')
const assert = require('assert')
const { Kafka, logLevel } = require(path.join(process.env.CORELANE_NODE_MODULES, 'kafkajs'))

const WAIT_MS = 30000
const client = (bootstrap) =>
  new Kafka({ clientId: 'corelane-matrix', brokers: [bootstrap], logLevel: logLevel.NOTHING })
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

function consumer(bootstrap, groupId) {
  const retry = { retries: 100, initialRetryTime: 100, maxRetryTime: 1000 }
  return client(bootstrap).consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500, retry })
}

// Prints the values of a batch once its offset is committed, so that each is printed by one member, once. Ends when
// standard input does.
async function member(bootstrap, group, topic) {
  const reader = consumer(bootstrap, group)
  process.stdin.resume().on('end', () => reader.disconnect().then(() => process.exit(0)))
  await reader.connect()
  await reader.subscribe({ topic, fromBeginning: true })
  await reader.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch, isStale }) => {
      if (isStale()) return
      const offset = (BigInt(batch.lastOffset()) + 1n).toString()
      await reader.commitOffsets([{ topic, partition: batch.partition, offset }])
      process.stdout.write(batch.messages.map((message) => `${message.value}\n`).join(''))
    },
  })
}

// Wants a topic of two partitions with 100 records each.
async function seekAndPause(bootstrap, topic) {
  const reader = consumer(bootstrap, `${topic}-seek`)
  let records = []
  const read = async (count) => {
    for (const start = Date.now(); records.length < count; await sleep(20)) {
      assert(Date.now() - start < WAIT_MS, `${records.length} of ${count} records`)
    }
    const taken = records
    records = []
    return taken
  }
  const range = (partition, from) =>
    Array.from({ length: 100 - from }, (_, at) => `${partition}:${from + at}`)
  await reader.connect()
  await reader.subscribe({ topic, fromBeginning: true })
  await reader.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => records.push(`${partition}:${message.offset}`),
  })
  assert.strictEqual((await read(200)).length, 200)
  reader.pause([{ topic, partitions: [0] }])
  reader.seek({ topic, partition: 0, offset: '40' })
  reader.seek({ topic, partition: 1, offset: '90' })
  assert.deepStrictEqual(await read(10), range(1, 90))
  await sleep(1000)
  assert.deepStrictEqual(records, [], 'a paused partition gave a record')
  reader.resume([{ topic, partitions: [0] }])
  assert.deepStrictEqual(await read(60), range(0, 40))
  await reader.disconnect()
}

async function transactions(bootstrap, topic, rounds) {
  const producer = client(bootstrap).producer({
    transactionalId: `${topic}-id`,
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  for (let number = 0; number < Number(rounds); number++) {
    for (const word of ['committed', 'aborted']) {
      const transaction = await producer.transaction()
      const message = (partition) => ({ partition, key: 'key', value: `${word}-${number}` })
      await transaction.send({ topic, messages: [message(0), message(1)] })
      await (word === 'committed' ? transaction.commit() : transaction.abort())
    }
  }
  await producer.disconnect()
}

async function admin(bootstrap, topic) {
  const admin = client(bootstrap).admin()
  await admin.connect()
  const configEntries = [{ name: 'retention.ms', value: '86400000' }]
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1, configEntries }] })
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] })
  assert.strictEqual(metadata.topics[0].partitions.length, 3)
  const { resources } = await admin.describeConfigs({ resources: [{ type: 2, name: topic }] })
  const retention = resources[0].configEntries.find((entry) => entry.configName === 'retention.ms')
  assert.strictEqual(retention.configValue, '86400000')
  const producer = client(bootstrap).producer()
  await producer.connect()
  const messages = Array.from({ length: 10 }, (_, number) => ({ partition: 0, value: `${number}` }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] })
  const offsets = await admin.fetchTopicOffsets(topic)
  const { low, high } = offsets.find(({ partition }) => partition === 0)
  assert.deepStrictEqual([low, high], ['4', '10'])
  const groupId = `${topic}-group`
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '7' }] })
  const [fetched] = await admin.fetchOffsets({ groupId, topics: [topic] })
  assert.strictEqual(fetched.partitions.find(({ partition }) => partition === 0).offset, '7')
  const { groups } = await admin.listGroups()
  assert(groups.some((group) => group.groupId === groupId))
  await admin.deleteGroups([groupId])
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
}

const verbs = { member, seek: seekAndPause, transactions, admin }
const [verb, ...rest] = process.argv.slice(2)
verbs[verb](...rest).catch((error) => {
  console.error(error)
  process.exit(1)
})
