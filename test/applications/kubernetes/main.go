// The part of the Kubernetes API server that takes ID tokens, with the server's own configuration file.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	object := must(runtime.Decode(decoder, must(os.ReadFile(os.Getenv("CONFIGURATION")))))
	configuration := object.(*apiserver.AuthenticationConfiguration)
	compiler := authenticationcel.NewDefaultCompiler()
	if errors := validation.ValidateAuthenticationConfiguration(compiler, configuration, nil); len(errors) > 0 {
		log.Fatal(errors.ToAggregate())
	}
	authority := must(dynamiccertificates.NewStaticCAContent("authority", must(os.ReadFile(os.Getenv("AUTHORITY")))))
	authenticator := must(oidc.New(context.Background(), oidc.Options{
		JWTAuthenticator: configuration.JWT[0], CAContentProvider: authority, SupportedSigningAlgs: []string{"RS256"},
	}))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if err := authenticator.HealthCheck(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		response, ok, err := authenticator.AuthenticateToken(r.Context(), token)
		if err != nil || !ok {
			log.Print(err)
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"name": response.User.GetName(), "groups": response.User.GetGroups()})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("APP_PORT"), nil))
}
