# dateline: every target does its own set-up. `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO ?= cargo
# Where the tools of the checks live, so that nothing is installed outside the checkout.
TOOLS := target/tools
# The profile of what is shipped; `make image PROFILE=release` builds the image from what the tests have built already.
PROFILE ?= shipped
PREFIX ?= /usr/local
# What `dateline --version` names, in what is installed and shipped.
COMMIT ?= $(shell git rev-parse --short=10 HEAD 2>/dev/null)

# What `make quality` must reach: a little below what it reached when it was last raised.
QUALITY_FLOOR := --min-precision 0.80 --min-recall 0.48

.PHONY: help demo test check quality bench soak picture install dist image clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## run the worker against a built-in news site (no network, no Kafka)
	@deploy/setup.sh demo
	$(CARGO) build --release --locked --no-default-features --bin dateline
	@target/release/dateline demo

test: ## run all tests, with a real Kafka broker
	@deploy/setup.sh test
	@deploy/test.sh

check: ## format, lints, documentation, licences, unit tests
	@deploy/setup.sh check
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	$(CARGO) clippy --release --locked --no-default-features --lib --bins -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --no-deps --document-private-items
	PATH="$(TOOLS)/bin:$$PATH" $(CARGO) deny check bans licenses sources
	$(CARGO) test --release --locked --lib

quality: ## print precision and recall of the events of the demo's stories, or of FOLDER
	$(CARGO) run --release --locked -p quality -- $(if $(FOLDER),$(FOLDER),config/demo $(QUALITY_FLOOR))

bench: ## print the figures of the README
	@deploy/setup.sh test
	@deploy/bench.sh

soak: ## the long versions of the fault tests (hours)
	@deploy/setup.sh test
	@DATELINE_SOAK=1 deploy/test.sh

picture: ## take the README's picture of the console anew, in headless Chromium
	@deploy/setup.sh test
	CI=true $(CARGO) test --release --locked --test without_kafka console_page::the_table
	cp target/console/events.png docs/console.png

install: ## install the shipped binary, with Kafka, under PREFIX (/usr/local)
	@deploy/setup.sh install
	DATELINE_COMMIT=$(COMMIT) $(CARGO) build --profile $(PROFILE) --locked --bin dateline
	@PROFILE=$(PROFILE) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) deploy/install.sh

dist: ## write release archive, deb, rpm and container image to target/dist
	@deploy/setup.sh dist
	DATELINE_COMMIT=$(COMMIT) $(CARGO) build --profile $(PROFILE) --locked --bin dateline
	@PROFILE=$(PROFILE) deploy/dist.sh

image: ## build the image with buildah and run the demo in it
	@deploy/setup.sh image
	$(CARGO) build --profile $(PROFILE) --locked --bin dateline
	@PROFILE=$(PROFILE) deploy/image.sh

clean: ## remove what was built
	$(CARGO) clean
