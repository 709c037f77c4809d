# The first program, as it stands in every language: a user, a PIN, a job, and a refusal at zero.

import tympan
from tympan import NewIdentity, Plan, Schedule, Usage, UserReference, errors

with tympan.open("memory:") as shop:
    shop.bootstrap("Print shop", "EUR", "Ada Admin")

    pages = Plan(measure="total_pages", amount=12, schedule=Schedule.MONTHLY, time_zone="Europe/Berlin")
    staff = shop.create_profile("Staff", plans=[pages]).id
    ann = shop.create_user("Ann Müller", username="ann", profile=staff).user
    added = shop.add_identity(ann.id, NewIdentity(kind="pin", alone=True))
    pin = added.identities[0].value
    print("Ann's PIN, told this once:", pin)

    receipt = shop.charge(UserReference.Pin(pin=pin), "job 1", Usage(pages=12))
    print("printed 12 pages,", receipt.lines[0].balance_after, "left")
    try:
        shop.charge(UserReference.Pin(pin=pin), "job 2", Usage(pages=1))
    except errors.AllowanceExhausted as error:
        print("refused:", error.code)
