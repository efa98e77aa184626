# The commands people type. Each is a line or two; the work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup run run-accounts test check ci cross cross-smoke image image-repro test-image bench bench-signin bench-policy corpus screenshots clean

ARCH ?= aarch64
N ?= 5000

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: ## install all that run, test, check and cross need (Debian packages, npm, Python tools)
	@scripts/setup run test check cross && scripts/web install

run: ## build and start a server: data in ./data, media from MEDIA=… or a sample library
	@scripts/run

run-accounts: ## the account service alone, and a server claimed by an account there: data in ./data-accounts
	@scripts/run-accounts

test: ## everything that is tested, browser tests included; ends with `N passed, N failed`
	@scripts/test

check: ## formatting, lints, licences, module directions, the web app's lint and types
	@scripts/check

ci: ## what .ci/run calls: check, test, both builds for ARM with their checks, the arm64 image in QEMU
	@scripts/ci

cross: ## a static binary for ARCH=aarch64|armv7|x86_64, checked, in target/cross/
	@scripts/cross $(ARCH)

cross-smoke: ## claim, scan and a range request on the binary of ARCH, under qemu
	@scripts/cross-smoke $(ARCH) target/cross/stead-$(ARCH)

image: ## the flashable image for ARCH=arm64|armhf, with bundle and SBOM, in target/image/
	@scripts/image $(ARCH)

image-repro: ## two images of ARCH=arm64|armhf: root and kernel slots are the same, byte for byte
	@scripts/image-repro $(ARCH)

test-image: ## the image of ARCH=arm64|armhf in QEMU: first boot, updates, power cuts; CASE=name for one
	@scripts/test-image $(ARCH) $(CASE)

bench: ## size, start, memory, index rate, throughput, each beside a peer in the same run
	@scripts/bench

bench-signin: ## what signing in costs and gives away: rate, memory of 200 at once, time by name
	@scripts/bench-signin

bench-policy: ## what is required: a million worlds agree, a request's decision, a board of 10,000 people
	@scripts/bench-policy

corpus: ## a seeded library of N=5000 files for the benches, in the cache folder
	@scripts/setup run && scripts/corpus $(N)

screenshots: ## the pictures of docs/screenshots, made anew from a real run
	@scripts/screenshots

clean: ## remove the build output; never ./data or ./media, which may hold what is somebody's own
	@rm -rf target web/dist web/node_modules
