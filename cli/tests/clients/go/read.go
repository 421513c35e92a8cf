package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"sort"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

type topicPartition struct {
	topic     string
	partition int32
}

func read(ctx context.Context, bootstrap string, topics []string) error {
	hashes := map[topicPartition]*partitionHash{}
	known, err := eachRecord(ctx, bootstrap, topics, func(at topicPartition, r *kgo.Record) {
		if hashes[at] == nil {
			hashes[at] = newPartitionHash()
		}
		hashes[at].add(r)
	})
	if err != nil {
		return err
	}
	sort.Slice(known, func(a, b int) bool {
		if known[a].topic != known[b].topic {
			return known[a].topic < known[b].topic
		}
		return known[a].partition < known[b].partition
	})
	for _, at := range known {
		if hashes[at] == nil {
			hashes[at] = newPartitionHash()
		}
		hashes[at].print(at.topic, at.partition)
	}
	return nil
}

func dump(ctx context.Context, bootstrap, topic string) error {
	out := bufio.NewWriter(os.Stdout)
	_, err := eachRecord(ctx, bootstrap, []string{topic}, func(at topicPartition, r *kgo.Record) {
		fmt.Fprintf(out, "%d %d %s\n", at.partition, r.Offset, r.Value)
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// eachRecord reads every partition from its start to the end that it has now and returns the
// partitions that there are.
func eachRecord(ctx context.Context, bootstrap string, topics []string, each func(topicPartition, *kgo.Record)) ([]topicPartition, error) {
	admin, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	offsets, err := kadm.NewClient(admin).ListEndOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	if err := offsets.Error(); err != nil {
		return nil, err
	}
	var known []topicPartition
	ends := map[topicPartition]int64{}
	from := map[string]map[int32]kgo.Offset{}
	offsets.Each(func(o kadm.ListedOffset) {
		at := topicPartition{o.Topic, o.Partition}
		known = append(known, at)
		if o.Offset == 0 {
			return
		}
		ends[at] = o.Offset
		if from[o.Topic] == nil {
			from[o.Topic] = map[int32]kgo.Offset{}
		}
		from[o.Topic][o.Partition] = kgo.NewOffset().AtStart()
	})
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumePartitions(from))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for len(ends) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at := topicPartition{r.Topic, r.Partition}
			each(at, r)
			if end, open := ends[at]; open && r.Offset+1 >= end {
				delete(ends, at)
			}
		})
	}
	return known, nil
}
