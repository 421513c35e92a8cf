package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// member reads as a member of a group and prints a record's value once its offset is committed.
func member(ctx context.Context, bootstrap, group, topic string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(kgo.RangeBalancer()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(6*time.Second),
		kgo.HeartbeatInterval(500*time.Millisecond),
	)
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	out := bufio.NewWriter(os.Stdout)
	var uncommitted []*kgo.Record
	for ctx.Err() == nil {
		polling, polled := context.WithTimeout(ctx, 200*time.Millisecond)
		fetches := client.PollFetches(polling)
		polled()
		uncommitted = append(uncommitted, fetches.Records()...)
		// The broker may be away, or the partitions have gone to others: the next commit tells.
		if len(uncommitted) > 0 && client.CommitRecords(ctx, uncommitted...) == nil {
			for _, record := range uncommitted {
				fmt.Fprintf(out, "%s\n", record.Value)
			}
			uncommitted = nil
			if err := out.Flush(); err != nil {
				return err
			}
		}
		client.AllowRebalance()
	}
	return nil
}
