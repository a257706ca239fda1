# Verbs only. `make up` and `make test` are all that a newcomer needs; the others are heavier lanes.
APIMLAB = target/release/apimlab
BACKEND = target/release/bench-backend

.PHONY: up down test check crash bench count fuzz clients docs oracle kind smuggling slow redis
up:       ; cargo build --release --locked --bin apimlab && $(APIMLAB) up
down:     ; cargo build --release --locked --bin apimlab && $(APIMLAB) down
test:     ; scripts/test
check:    ; cargo fmt --all --check && cargo clippy --workspace --all-targets --locked
crash:    ; cargo build --locked --bin apimlab && APIMLAB_TEST_CRASHES=1000 cargo test --locked -p tests --test journeys crash -- --nocapture
bench:    ; cargo build --release --locked --bin apimlab --bin bench-backend && bench/start $(APIMLAB) && bench/control $(APIMLAB) && cargo bench --locked -p expression -p gateway --benches && cargo test --release --locked -p expression --test bounds && bench/rows $(APIMLAB) $(BACKEND) && bench/compare $(APIMLAB) $(BACKEND)
count:    ; cargo build --release --locked --bin apimlab --bin bench-backend && bench/count --instructions --proxies apimlab,nginx $(APIMLAB) $(BACKEND)
fuzz:     ; scripts/fuzz
clients:  ; cargo build --locked --bin apimlab && tests/clients/run target/debug/apimlab
docs:     ; cargo run --locked -q --bin apimlab -- coverage > docs/coverage.md
slow:     ; cargo build --locked --bin apimlab --bin bench-backend && tests/wire/slow target/debug/apimlab target/debug/bench-backend
redis:    ; cargo build --locked --bin apimlab --bin bench-backend && tests/wire/redis target/debug/apimlab target/debug/bench-backend
smuggling: ; cargo build --locked --bin apimlab && tests/wire/smuggling target/debug/apimlab
kind:     ; cargo build --workspace --locked && scripts/docker-engine run cargo test --locked -p tests --test kind -- --nocapture
oracle:   ; oracle/install target/oracle && oracle/record target/oracle && cargo test --locked -p expression --test oracle
