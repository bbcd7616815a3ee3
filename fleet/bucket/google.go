package bucket

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
)

// openGoogle opens gs:// with the application default credentials. The library's own opener
// goes on without any, and says so on stdout, where results are.
func openGoogle(ctx context.Context, at string) (*blob.Bucket, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	if isAnonymous(u) {
		opener := gcsblob.URLOpener{Client: gcp.NewAnonymousHTTPClient(gcp.DefaultTransport())}
		return opener.OpenBucketURL(ctx, u)
	}
	credentials, err := gcp.DefaultCredentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("there are no credentials: %w", err)
	}
	tokens := gcp.CredentialsTokenSource(credentials)
	client, err := gcp.NewHTTPClient(gcp.DefaultTransport(), tokens)
	if err != nil {
		return nil, err
	}
	opener := gcsblob.URLOpener{Client: client, TokenSource: tokens}
	return opener.OpenBucketURL(ctx, u)
}

// isAnonymous says whether nobody asks for credentials: of a bucket that anybody may read, or
// of an emulator.
func isAnonymous(u *url.URL) bool {
	return u.Query().Get("anonymous") == "true" || u.Query().Get("access_id") == "-" || os.Getenv("STORAGE_EMULATOR_HOST") != ""
}
