# Everything runs through bin/run, which brings what is missing (docs/drift.md).
.DEFAULT_GOAL := help
.PHONY: help run test browser quality fix bench soak days up lock

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/  make \1 \t/p' Makefile

run:  ## the demo municipality on 127.0.0.1:8000 (PORT=… for another port); Ctrl-C stops it
	@bin/run python bin/house/demo.py

test quality: export HOUSE_NEEDS = gettext
browser: export HOUSE_NEEDS = gettext browser

test:  ## the test suite: everything that needs no browser
	@bin/run bin/house/test

browser:  ## every screen and the whole journeys in Chromium
	@bin/run bin/house/test browser

quality:  ## style, types, templates, security, layers, migrations, translations
	@bin/run bin/house/quality

fix:  ## mend what can be mended by a program
	@bin/run bin/house/fix

bench:  ## measured ratios as one JSON document (docs/performance.md)
	@bin/run python manage.py bench

soak:  ## 500 letters, and a hundred kills of worker, beat, Redis and PostgreSQL; a quarter of an hour (docs/performance.md)
	@bin/run python -m tests.soak --letters 500 --kills 100

days:  ## the demo municipality for 400 days in a row, and the same in ten random gaps: the same rows (docs/performance.md)
	@bin/run python -m tests.soak.days --days 400

up:  ## the production shape in containers; settings from .env (.env.example)
	docker compose up --build

lock:  ## lock the requirements again, with hashes
	@bin/run bin/house/lock
