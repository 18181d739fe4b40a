// A SPDY peer made of github.com/moby/spdystream, the library that kubectl, the apiserver and the kubelet speak SPDY with:
// what benchmarks are compared with, and what tests have at the other end.
//
//	spdystream serve -cert server.crt -key server.key
//	    Prints its port, then serves connections until its standard input ends.
//	spdystream <task> -port PORT [-bytes N] [-count N] [-ping D]
//	    Does a task on one connection, and prints how it went as one line of JSON.
//
// What is done on a stream is in the "task" header that it is opened with:
//
//	upload    the client sends -bytes bytes and ends; the server answers with their SHA-256, or nothing if not asked to
//	download  the server sends -bytes bytes and ends
//	echo      the client sends -bytes bytes and ends, and gets them back meanwhile
//	open      nothing is sent; both ends end. -count streams, one after the other, as kubectl opens them
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/moby/spdystream"
)

// What io.Copy writes at a time, and so what kubectl puts into a frame.
const chunkBytes = 32 * 1024

const patience = 30 * time.Second

type result struct {
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"`
	Sha256  string  `json:"sha256,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "spdystream:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("no task given")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	cert := flags.String("cert", "", "certificate of the server")
	key := flags.String("key", "", "its key")
	port := flags.Int("port", 0, "port of the server, on loopback")
	size := flags.Int64("bytes", 0, "bytes to send")
	count := flags.Int("count", 1, "streams to open")
	digest := flags.Bool("digest", false, "compute SHA-256 of what is received")
	ping := flags.Duration("ping", 0, "time between pings; 0 for none")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] == "serve" {
		return serve(*cert, *key)
	}
	return request(args[0], *port, *size, *count, *digest, *ping)
}

func serve(cert, key string) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			socket, err := listener.Accept()
			if err != nil {
				return
			}
			connection, err := spdystream.NewConnection(socket, true)
			if err != nil {
				continue
			}
			go connection.Serve(func(stream *spdystream.Stream) {
				if err := stream.SendReply(http.Header{}, false); err == nil {
					go answer(stream)
				}
			})
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func answer(stream *spdystream.Stream) {
	headers := stream.Headers()
	size, _ := strconv.ParseInt(headers.Get("bytes"), 10, 64)
	switch headers.Get("task") {
	case "upload":
		sum := sha256.New()
		var sink io.Writer = io.Discard
		if headers.Get("digest") == "true" {
			sink = sum
		}
		_, _ = io.Copy(sink, stream)
		_, _ = stream.Write([]byte(hex.EncodeToString(sum.Sum(nil))))
	case "download":
		_ = send(stream, size)
	case "echo":
		_, _ = io.Copy(stream, stream)
	}
	_ = stream.Close()
}

func request(task string, port int, size int64, count int, digest bool, ping time.Duration) error {
	socket, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	connection, err := spdystream.NewConnection(socket, false)
	if err != nil {
		return err
	}
	go connection.Serve(func(stream *spdystream.Stream) { _ = stream.Refuse() })
	if ping > 0 {
		go func() {
			for range time.Tick(ping) {
				if _, err := connection.Ping(); err != nil {
					return
				}
			}
		}()
	}
	begin := time.Now()
	done := result{}
	for range count {
		if err := exchange(connection, task, size, digest, &done); err != nil {
			return err
		}
	}
	done.Seconds = time.Since(begin).Seconds()
	if err := json.NewEncoder(os.Stdout).Encode(done); err != nil {
		return err
	}
	// The server may have gone away first, and then there is nobody to tell.
	_ = connection.Close()
	return nil
}

// Opens a stream, does the task on it, and waits for the server's end.
func exchange(connection *spdystream.Connection, task string, size int64, digest bool, done *result) error {
	headers := http.Header{
		"Task":   {task},
		"Bytes":  {strconv.FormatInt(size, 10)},
		"Digest": {strconv.FormatBool(digest)},
	}
	stream, err := connection.CreateStream(headers, nil, false)
	if err != nil {
		return err
	}
	if err := stream.WaitTimeout(patience); err != nil {
		return err
	}
	sent := make(chan error, 1)
	if task == "upload" || task == "echo" {
		go func() { sent <- errors.Join(send(stream, size), stream.Close()) }()
	} else {
		// Before anything is read: when the server has ended too, the library may close the socket under this.
		sent <- stream.Close()
	}
	var answer bytes.Buffer
	sum := sha256.New()
	var sink io.Writer = io.Discard
	switch {
	case task == "upload":
		sink = &answer
	case digest:
		sink = sum
	}
	received, err := io.Copy(sink, stream)
	if err != nil {
		return err
	}
	if err := <-sent; err != nil {
		return err
	}
	done.Bytes += received
	switch {
	case task == "upload":
		done.Bytes += size - received
		done.Sha256 = answer.String()
	case digest:
		done.Sha256 = hex.EncodeToString(sum.Sum(nil))
	}
	return nil
}

// Sends size bytes, each the low byte of the number of the chunk it is in.
func send(stream *spdystream.Stream, size int64) error {
	data := make([]byte, chunkBytes)
	for chunk := int64(0); chunk*chunkBytes < size; chunk++ {
		for index := range data {
			data[index] = byte(chunk)
		}
		if _, err := stream.Write(data[:min(chunkBytes, size-chunk*chunkBytes)]); err != nil {
			return err
		}
	}
	return nil
}
