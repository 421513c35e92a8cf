package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// loadPartitions is how many partitions the load of the kill test is spread over.
const loadPartitions = 4

// loadPadding makes records large enough that small segments roll while the load runs.
const loadPadding = 1000

// The load pauses after so many records, so that checking its list takes no longer than the load.
const (
	loadBurst = 200
	loadPause = 2 * time.Millisecond
)

// loadInFlightMax bounds the records of the load that wait for their acknowledgement.
const loadInFlightMax = 2000

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func produceAll(ctx context.Context, bootstrap, records string, topics []string) error {
	for _, topicAndCodec := range topics {
		topic, codec, _ := strings.Cut(topicAndCodec, "=")
		if err := produce(ctx, bootstrap, records, topic, codec); err != nil {
			return fmt.Errorf("%s: %w", topic, err)
		}
	}
	return nil
}

// produce writes with the library's defaults, which are idempotence and acks=all.
func produce(ctx context.Context, bootstrap, records, topic, codec string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(codecs[codec]),
		kgo.ProducerLinger(5*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	var first kgo.FirstErrPromise
	if err := readRecords(records, func(r *kgo.Record) { client.Produce(ctx, r, first.Promise()) }); err != nil {
		return err
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	return first.Err()
}

// load produces numbered records until standard input closes and writes a line
// "partition offset number" for each one that was acknowledged. One client lives through
// every restart of the broker, so that its retries and its sequence numbers are what is tested.
func load(ctx context.Context, bootstrap, topic, acknowledged string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MaxBufferedRecords(loadInFlightMax),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.MetadataMinAge(50*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	file, err := os.Create(acknowledged)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	var lock sync.Mutex
	var failure error
	promise := func(r *kgo.Record, err error) {
		lock.Lock()
		defer lock.Unlock()
		if err != nil && failure == nil {
			failure = err
		} else if err == nil {
			fmt.Fprintf(out, "%d %d %s\n", r.Partition, r.Offset, r.Value)
		}
	}
	var stop atomic.Bool
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop.Store(true)
	}()
	padding := make([]byte, loadPadding)
	for number := int64(0); !stop.Load(); number++ {
		value := fmt.Appendf(nil, "%d", number)
		record := &kgo.Record{Partition: int32(number % loadPartitions), Key: padding, Value: value}
		client.Produce(ctx, record, promise)
		if number%loadBurst == 0 {
			time.Sleep(loadPause)
		}
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	lock.Lock()
	defer lock.Unlock()
	if failure != nil {
		return failure
	}
	return out.Flush()
}
