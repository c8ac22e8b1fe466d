# Aviary. `make` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Given on the command line, as in `make dev ROWS=1000 PORT=8081`; each has a default.
export ROWS PORT EMUS PELICANS EMBEDDER
ARGS ?= --help

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

node_modules/.package-lock.json: package-lock.json
	npm ci --no-audit --loglevel=error
	@touch $@

infra/node_modules/.package-lock.json: infra/package-lock.json
	npm ci --prefix infra --no-audit --loglevel=error
	@touch $@

.PHONY: install
install: node_modules/.package-lock.json ## Install what is missing, pinned by the lockfile

.PHONY: dev
dev: install ## Run everything on this machine (ROWS=10000 PORT=8080 EMUS=2 PELICANS=1 EMBEDDER=minilm)
	@npm run --silent dev

.PHONY: clean-dev
clean-dev: install ## Forget the data of `make dev`
	@npm run --silent clean-dev

.PHONY: aviary
aviary: install ## The command line, on what `make dev` runs (ARGS="audit --json")
	@file=.aviary/environment; set -- node; \
	if [ -f $$file ]; then set -- env $$(sed 's/=.*//; s/^/-u /' $$file) node --env-file=$$file; \
	else echo 'make dev does not run here: the environment of this shell counts.' >&2; fi; \
	PATH="$(CURDIR)/node_modules/.bin:$$PATH" "$$@" services/pelican/src/cli/main.ts $(ARGS)

.PHONY: check
check: install infra/node_modules/.package-lock.json ## Types, lint, import rules, format, unused code, dependencies
	@npm run --silent check

.PHONY: test
test: install infra/node_modules/.package-lock.json ## Unit, property and integration tests
	@npm run --silent test
	@npm run --silent test:infra

.PHONY: e2e
e2e: install ## Scenarios on the cluster of KUBECONFIG, which has KEDA and the images aviary/*:dev (SQS=localstack)
	@SQS='$(SQS)'; ENV=kind OVERRIDES=$${SQS:+charts/kind/$$SQS.yaml,e2e/src/cluster/$$SQS.yaml} npm run --silent synth >/dev/null
	@npm run --silent e2e

.PHONY: storm
storm: install ## Let everything fail under load, then compare (SEED=1 SECONDS=15 RUNS=1 PARALLEL=1)
	@npm run --silent storm -- $(if $(SEED),--seed=$(SEED)) $(if $(SECONDS),--seconds=$(SECONDS)) \
		$(if $(RUNS),--runs=$(RUNS)) $(if $(PARALLEL),--parallel=$(PARALLEL))

.PHONY: products
products: install ## Generate products: CSV, or rows of what `make dev` runs (ARGS="--rows 1000000 --copy")
	@PATH="$(CURDIR)/node_modules/.bin:$$PATH" node --env-file-if-exists=.aviary/environment local/src/products/main.ts $(ARGS)

.PHONY: loadtest
loadtest: install ## Rows, visitors by k6, audit, report (PROFILE=smoke|burst|edits|million TARGET=dev|kubernetes; ARGS=--help)
	@npm run --silent loadtest -- $(if $(PROFILE),--profile='$(PROFILE)') $(if $(TARGET),--target='$(TARGET)') \
		$(if $(K6),--k6='$(K6)') $(if $(PAGE),--page='$(PAGE)') $(if $(ROWS),--rows='$(ROWS)') \
		$(if $(NAME),--name='$(NAME)') $(if $(OUT),--out='$(OUT)') $(if $(NOTE),--note='$(NOTE)') \
		$(if $(filter command,$(firstword $(origin ARGS))),$(ARGS))

.PHONY: bench
bench: install ## Measure what the README says (about 20 minutes)
	@npm run --silent bench

.PHONY: bench-peers
bench-peers: install ## Measure Aviary beside what people use instead (needs Java 21 and Maven; 15 minutes)
	@PATH="$(CURDIR)/node_modules/.bin:$$PATH" node bench/peers/src/main.ts

VERSION ?= $(shell git describe --tags --always --dirty)

.PHONY: images
images: ## Build the images by docker, as aviary/NAME:dev and aviary/NAME:VERSION (VERSION=1.2.3, else git's)
	@docker info >/dev/null 2>&1 || { echo 'make images needs docker, running: https://docs.docker.com/get-docker' >&2; exit 1; }
	@for dockerfile in services/*/Dockerfile local/Dockerfile; do \
		name=aviary/$$(basename "$$(dirname "$$dockerfile")"); \
		echo "==> $$name:$(VERSION)"; \
		docker build --quiet --file "$$dockerfile" --tag "$$name:$(VERSION)" --tag "$$name:dev" \
			--build-arg VERSION='$(VERSION)' --build-arg REVISION="$$(git rev-parse HEAD)" . || exit 1; \
	done

.PHONY: synth
synth: install ## Write Kubernetes manifests to dist/ENV (ENV=kind, or ENV=prod OUTPUTS=.aviary/outputs.json; OVERRIDES=a.yaml,b.yaml OUT=directory)
	@ENV='$(ENV)' OUTPUTS='$(OUTPUTS)' OVERRIDES='$(OVERRIDES)' OUT='$(OUT)' npm run --silent synth

.PHONY: monitoring
monitoring: install ## Write the Grafana dashboard and the alert rules from their code
	@PATH="$(CURDIR)/node_modules/.bin:$$PATH" node charts/write.ts

.PHONY: synth-golden
synth-golden: install ## Renew cdk8s/golden, which a test holds against what synth writes
	@npm run --silent test -- cdk8s/src/golden.test.ts -u

.PHONY: crd
crd: install ## Write the CustomResourceDefinition and the fields in docs/operator.md, from the schema
	@PATH="$(CURDIR)/node_modules/.bin:$$PATH" node services/operator/api/write.ts

.PHONY: chart
chart: install ## Write Aviary's Helm chart, charts/aviary, from cdk8s/
	@PATH="$(CURDIR)/node_modules/.bin:$$PATH" node charts/helm/main.ts

.PHONY: kind-up kind-cluster kind-charts kind-images kind-manifests kind-down
kind-up: install ## Everything on a kind cluster of this machine, by the next four (SQS=localstack)
	@SQS='$(SQS)' charts/kind/up.sh
kind-cluster: install ## A kind cluster named aviary
	@charts/kind/cluster.sh
kind-charts: install ## KEDA, Prometheus and Grafana there, with the dashboard and the alerts
	@charts/kind/charts.sh
kind-images: install ## Build the images, and load them there
	@charts/kind/images.sh
kind-manifests: install ## Apply the manifests there, and wait until it runs (SQS=localstack)
	@SQS='$(SQS)' charts/kind/manifests.sh
kind-down: install ## Delete that cluster
	@charts/kind/down.sh

.PHONY: format
format: install ## Format all files
	@npm run --silent format

# AWS: infra/deploy has the steps, docs/operations.md says when to take which. STACK=dev or prod.
STACK ?= dev
export STACK OVERRIDES FILE CONFIRM
on_aws = install infra/node_modules/.package-lock.json
step = @PATH="$(CURDIR)/node_modules/.bin:$$PATH" node infra/deploy/main.ts

.PHONY: deploy plan destroy preflight infra outputs secrets kubeconfig database-users sql
deploy: $(on_aws) ## Bring STACK=dev or prod up on AWS: all steps below, each of which may be run again
	$(step) deploy
plan: $(on_aws) ## Say what `make deploy` would change
	$(step) plan
destroy: $(on_aws) ## Take a stack away, after its name is typed
	$(step) destroy
preflight: $(on_aws) ## Say what is missing for a deployment
	$(step) preflight
infra: $(on_aws) ## Deploy, step: AWS, Pinecone and images, by Pulumi
	$(step) infra
outputs: $(on_aws) ## Deploy, step: write .aviary/outputs.json
	$(step) outputs
secrets: $(on_aws) ## Deploy, step: put OPENAI_API_KEY, PINECONE_API_KEY of the environment into Secrets Manager
	$(step) secrets
kubeconfig: $(on_aws) ## Deploy, step: write .aviary/STACK.kubeconfig
	$(step) kubeconfig
database-users: $(on_aws) ## Deploy, part of deploy-apply: the database's users
	$(step) database-users
sql: $(on_aws) ## Run FILE=tables.sql as the owner of the tables
	$(step) sql

.PHONY: deploy-charts deploy-synth deploy-apply deploy-wait deploy-smoke deploy-open
deploy-charts deploy-synth deploy-apply deploy-wait deploy-smoke: $(on_aws) ## Deploy, step: KEDA and others; manifests; into the cluster; until it runs; ask the page
	$(step) $(@:deploy-%=%)
deploy-open: ## Reach the page at http://localhost:8080 (PORT)
	@kubectl --kubeconfig .aviary/$(STACK).kubeconfig --namespace aviary port-forward service/frontend $(or $(PORT),8080):80
