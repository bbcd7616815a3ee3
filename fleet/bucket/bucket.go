// Package bucket has runs kept in buckets of objects: s3://, gs:// and azblob://, and
// mem:// for tests, as gocloud.dev/blob knows them, with the credentials and the
// parameters behind the question mark that its URLs have.
//
// It knows one bucket. It must not know what is kept in it: that is ipcbench/results/store.
package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/memblob"   // mem://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"

	"ipcbench/results/store"
)

func init() {
	for _, scheme := range []string{"s3", "azblob", "mem"} {
		store.Register(scheme, openAs(blob.OpenBucket))
	}
	store.Register("gs", openAs(openGoogle))
}

// A place is a bucket.
type place struct{ *blob.Bucket }

func openAs(open func(ctx context.Context, at string) (*blob.Bucket, error)) func(context.Context, *url.URL) (store.Place, error) {
	return func(ctx context.Context, at *url.URL) (store.Place, error) {
		b, err := open(ctx, at.String())
		if err != nil {
			return nil, err
		}
		return place{b}, nil
	}
}

func (p place) List(ctx context.Context, prefix string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		all := p.Bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"})
		for {
			object, err := all.Next(ctx)
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(store.Object{}, err)
				return
			case object.IsDir:
				continue
			}
			if !yield(store.Object{Key: object.Key, Bytes: object.Size}, nil) {
				return
			}
		}
	}
}

func (p place) Read(ctx context.Context, key string, limit int64) ([]byte, error) {
	r, err := p.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it has more than the %d bytes that it should have", limit)
	}
	return data, errors.Join(err, r.Close())
}

// Write sends an object in one request, which is taken in whole or not at all.
func (p place) Write(ctx context.Context, key string, data []byte) error {
	return p.Upload(ctx, key, bytes.NewReader(data), &blob.WriterOptions{
		ContentType: "application/octet-stream", BufferSize: len(data) + 1,
	})
}
