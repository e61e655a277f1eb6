// An application that logs people in, and an API that takes access tokens.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type session struct {
	nonce, verifier, idToken string
	token                    *oauth2.Token
	person                   map[string]any
}

func main() {
	ctx := context.Background()
	// The recipe

	var sessions sync.Map
	of := func(r *http.Request) *session {
		cookie, err := r.Cookie("session")
		if err != nil {
			return &session{}
		}
		found, _ := sessions.LoadOrStore(cookie.Value, &session{})
		return found.(*session)
	}
	fail := func(w http.ResponseWriter, status int, err error) bool {
		if err != nil {
			http.Error(w, err.Error(), status)
		}
		return err != nil
	}

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		state := rand.Text()
		started := &session{nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
		sessions.Store(state, started)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: state, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(started.nonce), oauth2.S256ChallengeOption(started.verifier)), http.StatusFound)
	})
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("session")
		if err != nil || cookie.Value != r.FormValue("state") {
			http.Error(w, "another state", http.StatusBadRequest)
			return
		}
		at := of(r)
		token, err := config.Exchange(ctx, r.FormValue("code"), oauth2.VerifierOption(at.verifier))
		if fail(w, http.StatusBadGateway, err) {
			return
		}
		raw, _ := token.Extra("id_token").(string)
		idToken, err := people.Verify(ctx, raw)
		if fail(w, http.StatusBadGateway, err) {
			return
		}
		if idToken.Nonce != at.nonce {
			http.Error(w, "another nonce", http.StatusBadGateway)
			return
		}
		if fail(w, http.StatusBadGateway, idToken.VerifyAccessToken(token.AccessToken)) || fail(w, http.StatusBadGateway, idToken.Claims(&at.person)) {
			return
		}
		at.idToken, at.token = raw, token
		http.Redirect(w, r, "/", http.StatusFound)
	})
	http.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		at := of(r)
		old := *at.token
		old.Expiry = time.Now().Add(-time.Minute)
		token, err := config.TokenSource(ctx, &old).Token()
		if fail(w, http.StatusBadGateway, err) {
			return
		}
		at.token = token
		http.Redirect(w, r, "/", http.StatusFound)
	})
	http.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		hint := of(r).idToken
		http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
		http.Redirect(w, r, logout+hint, http.StatusFound)
	})
	http.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) {
		token, err := accessTokens.Verify(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if fail(w, http.StatusUnauthorized, err) {
			return
		}
		var claims map[string]any
		if fail(w, http.StatusUnauthorized, token.Claims(&claims)) {
			return
		}
		json.NewEncoder(w).Encode(claims)
	})
	http.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		at := of(r)
		body := map[string]any{"person": at.person, "idToken": at.idToken}
		if at.token != nil {
			body["accessToken"] = at.token.AccessToken
		}
		json.NewEncoder(w).Encode(body)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("APP_PORT"), nil))
}
