#!/usr/bin/env python3
"""Writes a CSV file of made-up contacts, all different: the same ones for the same number and seed."""

import argparse, csv, random, sys, unicodedata

FIRST_NAMES = """Ada Bjørn Chloé Dvořák Émile Fatima Grace Håkon İpek José Kübra Łukasz Maëlle Ngozi Oğuz Påvel Quynh
Renée Søren Þóra Ülle Věra Wanjirũ Xiomara Yên Zoë Αθηνά Олена Շուշան دانا 美咲 지우""".split()
LAST_NAMES = """Ångström Brontë Castañeda Dąbrowski Eğilmez Fønss Groß Hernández Ibáñez Jóhannsson Kovač L’Écuyer
Müller Nguyễn O'Brien Pérez Quiñones Řezník Šimůnek Téllez Ünal Vörös Wójcik Žukauskas Παππάς Шевченко 山田 김""".split()
TRADES = ["Bakery", 'Books "& More"', "Boats, Ltd.", "Käse GmbH", "Ingeniería S.A.", "Optics", "“Tea & Co.”", "株式会社"]
NOTES = [
    "Met at the fair.",
    "Wants to hear of prices, terms and the new edition.",
    'Said: "Call me in spring."',
    "Two lines:\nthe second one.",
    'A list:\n- "quoted", with a comma\n- 🌱 and\n\n- a line after an empty one',
    "",
]
HEADER = ["email", "name", "company", "newsletter", "notes"]


def ascii_of(text):
    """What is left of a text in an address."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


def contact(number, dice):
    first, last, trade = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES), dice.choice(TRADES)
    # The number makes the address one of its kind, whatever the names are.
    local = ".".join(filter(None, [ascii_of(first), ascii_of(last), str(number)]))
    newsletter = dice.choice(["true", "false"])
    return [f"{local}@example.com", f"{first} {last}", f"{last} {trade}", newsletter, dice.choice(NOTES)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes others (%(default)s)")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    out = csv.writer(sys.stdout)
    out.writerow(HEADER)
    out.writerows(contact(number, dice) for number in range(1, options.count + 1))


if __name__ == "__main__":
    main()
