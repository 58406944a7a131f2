.PHONY: build test storms bench practice walkthrough rehearse-live readme format lint clean

# No debug information: it is a third of the program, and crashes name their functions without it.
# With glibc's malloc the compiler takes half as long again.
COMPILE := env LD_PRELOAD=libjemalloc.so.2 swift build --explicit-target-dependency-import-check error
BUILD := $(COMPILE) -c release -debug-info-format none --omit-frame-pointers -Xswiftc -static-stdlib

build:
	scripts/setup
	$(BUILD) --product wavetank

BUILD_TESTS := $(COMPILE) --build-tests

# make test FILTER=StormTests SEEDS=500 runs some suites only, and storms with more seeds.
test:
	scripts/setup
	$(BUILD_TESTS)
	swift test --skip-build --no-parallel $(if $(FILTER),--filter $(FILTER))
ifndef FILTER
	$(BUILD) --product wavetank
	scripts/compare-builds
endif

# Storms of seeds that nobody has played before, FRESH_SEEDS of each; FIRST_SEED=7 SEEDS=2 STORM=NAME plays known ones again.
FRESH_SEEDS = 50
storms:
	scripts/setup
	$(BUILD_TESTS)
	FIRST_SEED=$${FIRST_SEED:-$$(shuf -n 1 -i 1000000-999999999)} SEEDS=$${SEEDS:-$(FRESH_SEEDS)} \
	  swift test --skip-build --no-parallel --filter StormTests/holds

practice: build .build/practice/app
	.build/release/wavetank practice --speed 60 --csv .build/practice/practice.csv

# A quarter of an hour: the practice simulated and with real containers at 10 times the speed, overlaid in one report.
walkthrough: build
	scripts/walkthrough .build/release/wavetank

rehearse-live: build .build/practice/app
	.build/release/wavetank rehearse Examples/practice/scenario.yaml --live --report .build/practice/practice.html

.build/practice/app: Practice/App/main.swift
	mkdir -p .build/practice
	swiftc -O -static-executable -Xlinker -s -o $@ $<

# make bench ROWS=get,post measures some rows only; AGAINST=bd7fe32 measures that revision beside, in RUNS=5 pairs of runs.
bench: build
	$(BUILD) --product wavetank-bench
ifdef AGAINST
	@scripts/bench-against '$(AGAINST)' '$(ROWS)' '$(RUNS)'
else
	.build/release/wavetank-bench $(ROWS)
endif

# Writes README's table of commands and docs/fields.md anew.
readme: build
	.build/release/wavetank help --markdown | sed -i -e '/<!-- commands -->/,/<!-- end of commands -->/{//!d}' -e '/<!-- commands -->/r /dev/stdin' README.md
	{ sed '/^```/,$$d' docs/fields.md; echo '```'; .build/release/wavetank explain fields; echo '```'; } >docs/fields.md.new
	mv docs/fields.md.new docs/fields.md

SWIFT_FILES = Sources Tests Plugins Benchmarks Package.swift
format:
	swift format -i -r $(SWIFT_FILES)

lint:
	swift format lint --strict -r $(SWIFT_FILES)

clean:
	swift package clean
