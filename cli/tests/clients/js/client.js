// KafkaJS in the client suites: writes a records file into topics, or reads topics back. KafkaJS has
// no way to consume without a group, so `read` drives its own cluster and fetch code directly: the
// same encoders, decoders and codecs that its consumer uses.
'use strict'

const fs = require('fs')
const path = require('path')
const crypto = require('crypto')
// The packages lie beside the other clients, not beside this file.
const modules = (name) => require(path.join(process.env.CORELANE_NODE_MODULES, name))
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = modules('kafkajs')
const Cluster = modules('kafkajs/src/cluster')
const { createLogger } = modules('kafkajs/src/loggers')
const consoleLogger = modules('kafkajs/src/loggers/console')
const socketFactory = modules('kafkajs/src/network/socketFactory')
const lz4 = modules('lz4-napi')
const zstd = modules('@bokuweb/zstd-wasm')

const SEND_RECORDS_MAX = 2000
const FETCH_BYTES_MAX = 8 << 20
// Frames written by streaming encoders do not name their content size; this is the room given to them.
const ZSTD_CONTENT_BYTES_MAX = 16 << 20

CompressionCodecs[CompressionTypes.Snappy] = modules('kafkajs-snappy')
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: async (buffer) =>
    Buffer.from(zstd.decompress(buffer, { defaultHeapSize: ZSTD_CONTENT_BYTES_MAX })),
})
const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

function* readRecords(file) {
  const data = fs.readFileSync(file)
  let at = 0
  const int = () => data.readInt32BE((at += 4) - 4)
  const field = () => {
    const length = int()
    if (length < 0) return null
    at += length
    return data.subarray(at - length, at)
  }
  while (at < data.length) {
    const partition = int()
    const timestamp = data.readBigInt64BE((at += 8) - 8)
    const key = field()
    const headers = {}
    for (let left = int(); left > 0; left--) {
      const name = field().toString()
      headers[name] = field()
    }
    yield { partition, timestamp: timestamp.toString(), key, headers, value: field() }
  }
}

async function produce(bootstrap, file, topics) {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR })
  for (const [topic, codec] of topics) {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const send = (messages) =>
      producer.send({ topic, messages, acks: -1, compression: CODECS[codec] })
    let messages = []
    for (const message of readRecords(file)) {
      messages.push(message)
      if (messages.length === SEND_RECORDS_MAX) {
        await send(messages)
        messages = []
      }
    }
    if (messages.length > 0) await send(messages)
    await producer.disconnect()
  }
}

function int(value) {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

function field(value) {
  return value === null || value === undefined ? int(-1) : Buffer.concat([int(value.length), value])
}

class PartitionHash {
  constructor() {
    this.count = 0
    this.content = crypto.createHash('sha256')
    this.full = crypto.createHash('sha256')
  }

  add(record) {
    const prefix = Buffer.alloc(16)
    prefix.writeBigInt64BE(BigInt(record.offset))
    prefix.writeBigInt64BE(BigInt(record.timestamp), 8)
    const headers = []
    for (const [name, value] of Object.entries(record.headers)) {
      for (const one of Array.isArray(value) ? value : [value]) headers.push([name, one])
    }
    const parts = [field(record.key), int(headers.length)]
    for (const [name, value] of headers) parts.push(field(Buffer.from(name)), field(value))
    parts.push(field(record.value))
    const fields = Buffer.concat(parts)
    this.content.update(fields)
    this.full.update(prefix).update(fields)
    this.count++
  }
}

async function readPartition(cluster, topic, partition, end) {
  const hash = new PartitionHash()
  const broker = await cluster.findBroker({
    nodeId: cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition)
      .leader,
  })
  let offset = 0n
  while (offset < end) {
    const { responses } = await broker.fetch({
      maxWaitTime: 1000,
      minBytes: 1,
      maxBytes: FETCH_BYTES_MAX,
      topics: [
        {
          topic,
          partitions: [{ partition, fetchOffset: offset.toString(), maxBytes: FETCH_BYTES_MAX }],
        },
      ],
    })
    for (const record of responses[0].partitions[0].messages) {
      if (BigInt(record.offset) < offset) continue
      hash.add(record)
      offset = BigInt(record.offset) + 1n
    }
  }
  console.log(
    JSON.stringify({
      topic,
      partition,
      count: hash.count,
      content: hash.content.digest('hex'),
      full: hash.full.digest('hex'),
    })
  )
}

async function read(bootstrap, topics) {
  const cluster = new Cluster({
    logger: createLogger({ level: logLevel.ERROR, logCreator: consoleLogger }),
    socketFactory: socketFactory(),
    brokers: [bootstrap],
    clientId: 'corelane-suites',
    connectionTimeout: 10000,
    authenticationTimeout: 10000,
    requestTimeout: 30000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300000,
    allowAutoTopicCreation: false,
    retry: {},
  })
  await cluster.connect()
  await cluster.addMultipleTargetTopics(topics)
  await cluster.refreshMetadata()
  for (const topic of topics) {
    const partitions = cluster.findTopicPartitionMetadata(topic).map((p) => p.partitionId)
    const [ends] = await cluster.fetchTopicsOffset([
      { topic, fromBeginning: false, partitions: partitions.map((partition) => ({ partition })) },
    ])
    for (const { partition, offset } of ends.partitions) {
      await readPartition(cluster, topic, partition, BigInt(offset))
    }
  }
  await cluster.disconnect()
}

// Reads as a member of a group; a record's value is printed once its offset is committed. Ends when standard input does.
async function member(bootstrap, group, topic) {
  const kafka = new Kafka({ clientId: 'corelane-suites', brokers: [bootstrap], logLevel: logLevel.NOTHING })
  const retry = { retries: 100, initialRetryTime: 100, maxRetryTime: 1000 }
  const consumer = kafka.consumer({ groupId: group, sessionTimeout: 6000, heartbeatInterval: 500, retry })
  process.stdin.resume().on('end', () => consumer.disconnect().then(() => process.exit(0)))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const offset = (BigInt(batch.lastOffset()) + 1n).toString()
      await consumer.commitOffsets([{ topic, partition: batch.partition, offset }])
      process.stdout.write(batch.messages.map((message) => `${message.value}\n`).join(''))
    },
  })
}

async function main() {
  const [verb, bootstrap, ...rest] = process.argv.slice(2)
  await zstd.init()
  if (verb === 'produce') {
    await produce(bootstrap, rest[0], rest.slice(1).map((a) => a.split('=')))
  } else if (verb === 'member') {
    await member(bootstrap, ...rest)
  } else {
    await read(bootstrap, rest)
  }
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
