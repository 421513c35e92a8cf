package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// readRecords calls each with every record of a records file, in the file's order.
func readRecords(path string, each func(*kgo.Record)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<16)
	for {
		var head struct {
			Partition int32
			Timestamp int64
		}
		if err := binary.Read(in, binary.BigEndian, &head); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		record := &kgo.Record{Partition: head.Partition, Timestamp: time.UnixMilli(head.Timestamp)}
		if record.Key, err = readField(in); err != nil {
			return err
		}
		var headers int32
		if err := binary.Read(in, binary.BigEndian, &headers); err != nil {
			return err
		}
		for ; headers > 0; headers-- {
			name, err := readField(in)
			if err != nil {
				return err
			}
			value, err := readField(in)
			if err != nil {
				return err
			}
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: string(name), Value: value})
		}
		if record.Value, err = readField(in); err != nil {
			return err
		}
		each(record)
	}
}

func readField(in io.Reader) ([]byte, error) {
	var length int32
	if err := binary.Read(in, binary.BigEndian, &length); err != nil {
		return nil, err
	}
	if length < 0 {
		return nil, nil
	}
	field := make([]byte, length)
	_, err := io.ReadFull(in, field)
	return field, err
}

// partitionHash holds the two running hashes of one partition.
type partitionHash struct {
	count         int64
	content, full hash.Hash
	scratch       []byte
}

func newPartitionHash() *partitionHash {
	return &partitionHash{content: sha256.New(), full: sha256.New()}
}

func (p *partitionHash) add(r *kgo.Record) {
	out := p.scratch[:0]
	out = binary.BigEndian.AppendUint64(out, uint64(r.Offset))
	out = binary.BigEndian.AppendUint64(out, uint64(r.Timestamp.UnixMilli()))
	fields := len(out)
	out = appendField(out, r.Key)
	out = binary.BigEndian.AppendUint32(out, uint32(len(r.Headers)))
	for _, h := range r.Headers {
		out = appendField(out, []byte(h.Key))
		out = appendField(out, h.Value)
	}
	out = appendField(out, r.Value)
	p.full.Write(out)
	p.content.Write(out[fields:])
	p.scratch = out
	p.count++
}

func appendField(out, field []byte) []byte {
	if field == nil {
		return binary.BigEndian.AppendUint32(out, ^uint32(0))
	}
	return append(binary.BigEndian.AppendUint32(out, uint32(len(field))), field...)
}

func (p *partitionHash) print(topic string, partition int32) {
	fmt.Printf("{\"topic\":%q,\"partition\":%d,\"count\":%d,\"content\":\"%s\",\"full\":\"%s\"}\n",
		topic, partition, p.count, hex.EncodeToString(p.content.Sum(nil)), hex.EncodeToString(p.full.Sum(nil)))
}
