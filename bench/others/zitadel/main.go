// The example server of zitadel/oidc, with the clients of the benchmark.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The service user that the example's storage has, and its secret.
const serviceUser, serviceSecret = "sid1", "verysecret"

// store is the example's storage, where the benchmark's two services stand for its one.
type store struct {
	*storage.Storage
	secret string
}

func (s store) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if secret != s.secret {
		return nil, errors.New("wrong secret")
	}
	client, err := s.Storage.ClientCredentials(ctx, serviceUser, serviceSecret)
	if err != nil || id == "service" {
		return client, err
	}
	if id != "service-jwt" {
		return nil, errors.New("unknown client")
	}
	return jwtClient{client}, nil
}

// The identifier is the example's: the library asks the storage again with what the client calls itself.
func (s store) ClientCredentialsTokenRequest(ctx context.Context, _ string, scopes []string) (op.TokenRequest, error) {
	return s.Storage.ClientCredentialsTokenRequest(ctx, serviceUser, scopes)
}

type jwtClient struct{ op.Client }

func (jwtClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

func main() {
	port := os.Getenv("PORT")
	issuer := "http://localhost:" + port + "/"
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	kept := store{storage.NewStorage(storage.NewUserStore(issuer)), os.Getenv("SECRET")}
	router := exampleop.SetupServer(issuer, kept, logger, false)
	server := http.Server{Addr: "127.0.0.1:" + port, Handler: router}
	if err := server.ListenAndServe(); err != nil {
		logger.Error("it does not listen", "error", err)
		os.Exit(1)
	}
}
