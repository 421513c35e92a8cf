// Command client is franz-go in the client suites: it creates topics, writes a records file into
// topics, reads topics back, and keeps up a load whose acknowledged records it writes down. The
// records file and the hash are described in cli/tests/support/hashes.rs.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const usage = `usage:
  client create  BOOTSTRAP PARTITIONS CONFIG=VALUE[,...]|- TOPIC...
  client produce BOOTSTRAP RECORDS TOPIC=CODEC...
  client read    BOOTSTRAP TOPIC...
  client load    BOOTSTRAP TOPIC ACKNOWLEDGED   (until standard input closes)
  client member  BOOTSTRAP GROUP TOPIC          (until standard input closes; values, once committed)
  client dump    BOOTSTRAP TOPIC                (one "partition offset value" line per record)`

func main() {
	args := os.Args[1:]
	if len(args) < 3 {
		fail(fmt.Errorf("%s", usage))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	var err error
	switch verb, bootstrap, rest := args[0], args[1], args[2:]; verb {
	case "create":
		err = create(ctx, bootstrap, rest[0], rest[1], rest[2:])
	case "produce":
		err = produceAll(ctx, bootstrap, rest[0], rest[1:])
	case "read":
		err = read(ctx, bootstrap, rest)
	case "load":
		err = load(ctx, bootstrap, rest[0], rest[1])
	case "member":
		err = member(ctx, bootstrap, rest[0], rest[1])
	case "dump":
		err = dump(ctx, bootstrap, rest[0])
	default:
		err = fmt.Errorf("%s", usage)
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func create(ctx context.Context, bootstrap, partitions, config string, topics []string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return err
	}
	defer client.Close()
	var count int32
	if _, err := fmt.Sscan(partitions, &count); err != nil {
		return err
	}
	configs := map[string]*string{}
	if config != "-" {
		for _, setting := range strings.Split(config, ",") {
			name, value, _ := strings.Cut(setting, "=")
			configs[name] = kadm.StringPtr(value)
		}
	}
	answers, err := kadm.NewClient(client).CreateTopics(ctx, count, 1, configs, topics...)
	if err != nil {
		return err
	}
	return answers.Error()
}
