# Everything a developer does. `make help` lists it.
.PHONY: help run test check check-functions update build deploy keys fuzz-events test-repeat test-engines test-receivers test-clients test-console test-forms test-told test-files test-views test-aws keep measure example bench bench-console bench-scale bench-audit bench-events bench-uploads mutants deny

ARGS ?=
TEMPLATE ?= template.yaml
VENV := .venv
# All functions, as arguments of cargo.
FUNCTIONS := $(patsubst functions/%/,-p %,$(wildcard functions/*/))

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /'

run: ## start everything on this machine: make run ARGS="--port 0 --in-memory"
	cargo run --profile optimised -p local -- $(ARGS)

test: ## format, lints and all tests, on the embedded engine and on a second one, receivers of webhooks, clients, and the console in a browser
	@tests/all.sh

check: ## the part of the tests that installs nothing
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	tests/suite.sh

check-functions: ## the functions as they ship: what else is in the workspace turns on parts of crates that no function asks for
	cargo check $(FUNCTIONS) --bins

update: ## write the files that are made from the tables, then read the difference
	UPDATE=1 cargo test --workspace --test api generated
	UPDATE=1 cargo test --workspace --bin bench units
	git --no-pager diff --stat

# Older versions of SAM ask before they build Rust, and a pipeline cannot answer.
build: export SAM_CLI_BETA_RUST_CARGO_LAMBDA = 1
build: ## build all functions for Lambda
	sam build --template $(TEMPLATE)

deploy: build ## deploy to AWS; asks what it needs to know unless samconfig.toml says it: make deploy ARGS=--no-confirm-changeset
	sam deploy $(if $(wildcard samconfig.toml),,--guided) $(ARGS)

keys: ## what still needs which key of the key ring: make keys, or make keys ARGS=--aws
	cargo run --profile optimised -p local -- keys $(ARGS)

test-repeat: ## the suite twenty times in a row beside busy loops, to see whether anything fails by chance: make test-repeat ARGS=5
	tests/repeat.sh $(or $(ARGS),20)

test-engines: ## the end-to-end tests with the tables in a second DynamoDB engine
	tests/engines.sh

measure: ## files, lines, and how long the tests of each crate of shared take to build after a change: make measure ARGS="base gate"
	tests/measure.sh $(ARGS)

test-receivers: ## receivers verify our webhooks with the published libraries
	tests/receivers.sh

test-clients: ## the OpenAPI document in linters, in clients made from it, and in a fuzzer
	tests/clients.sh

test-console: ## the console in a real Chromium; pictures of it go to target/console: make test-console ARGS=members.test.mjs
	tests/console.sh $(ARGS)

test-forms: ## 5,000 submissions of random forms against a model: make test-forms ARGS=20000
	FORM_SUBMISSIONS=$(or $(ARGS),5000) cargo test --profile optimised --workspace --test api forms::model

test-told: ## kill the relay until 20,000 changes are told and received: make test-told ARGS=50000
	TOLD_CHANGES=$(or $(ARGS),20000) cargo test --profile optimised -p local --test local told:: -- --nocapture

test-files: ## kill the system 300 times while files are sent, named and removed, and delete 10,000 files while they are named: make test-files ARGS=1000
	FILES_KILLS=$(or $(ARGS),300) cargo test --profile optimised --workspace --test local files:: -- --nocapture
	NAMED_ROUNDS=10000 cargo test --profile optimised --workspace --test api attachments::an_object_that_names_a_file_while -- --nocapture

test-views: ## 5,000 random requests through random views, against a plain evaluation: make test-views ARGS=20000
	VIEW_COUNT=$(or $(ARGS),5000) cargo test --profile optimised --workspace --test api query_model::views -- --nocapture

fuzz-events: ## odd events to all functions for ten minutes: make fuzz-events ARGS=60
	FUZZ_SECONDS=$(or $(ARGS),600) cargo test --workspace --test api fuzz:: -- --nocapture

test-aws: ## the template, sam local invoke with every event, and a deployment into a stand-in
	tests/aws/validate.sh
	tests/aws/sam_local.sh
	tests/aws/deploy.sh

keep: ## keep a data directory of this version, which all later ones must open: make keep ARGS=2026-11-29
	KEEP=$(ARGS) cargo test --workspace --test local -- kept::this_version

example: ## the authorizer in front of another API: examples/orders by sam local start-api, and in a stand-in
	tests/aws/example.sh

bench: ## cold starts, requests per second, capacity units, the way to webhooks, next to their baselines
	cargo build --profile optimised -p local -p bench
	cargo build --release $(FUNCTIONS) --bins
	cargo build --release -p bench --no-default-features --bin empty --bin empty_call
	target/optimised/bench all

bench-console: ## how long sections of the console take with 100,000 objects, 10,000 deliveries and 500 tokens: make bench-console ARGS=1000,100,50
	cargo build --profile optimised -p local
	ENGINE=$(CURDIR)/target/optimised/engine SIZES=$(ARGS) tests/console.sh large.mjs

bench-scale: ## a type of a million objects next to one of a thousand: half an hour, 12 GB; make bench-scale ARGS="--sizes 1000,50000"
	cargo build --profile optimised -p local -p bench
	target/optimised/bench scale $(ARGS)

bench-audit: ## pages of an audit log of a thousand entries and of a million: make bench-audit ARGS="--sizes 1000,20000"
	cargo build --profile optimised -p local -p bench
	target/optimised/bench audit $(ARGS)

bench-events: ## order, throughput and fairness of webhooks: make bench-events ARGS="--bursts 100 --beside path/to/another/engine"
	cargo build --profile optimised -p local -p bench
	target/optimised/bench events $(ARGS)

bench-uploads: ## a file of 1 GiB in parts beside a copy of it, and the memory that it takes: make bench-uploads ARGS="--mebibytes 128 --rounds 1"
	cargo build --profile optimised -p local -p bench
	target/optimised/bench uploads $(ARGS)

mutants: ## change the rules of tokens, one place at a time, to see whether a test notices
	test -x target/tools/bin/cargo-mutants || cargo install --locked --root target/tools cargo-mutants@27.1.0
	PROPTEST_CASES=16 CARGO_TARGET_DIR=$(CURDIR)/target/mutants \
		target/tools/bin/cargo-mutants mutants --jobs 1 --timeout 60 --output target $(ARGS)

deny: ## licences, sources and advisories of all dependencies; the last need the database of RustSec
	tests/deny.sh bans licenses sources advisories
