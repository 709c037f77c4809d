"""The first program, as it stands in every language: a user, a PIN, a job, and a refusal at zero."""

import tympan
from tympan import NewIdentity, Plan, Schedule, Usage, UserReference, errors


def main() -> None:
    with tympan.open("memory:") as shop:
        shop.bootstrap("Print shop", "EUR", "Ada Admin")

        twelve_pages_a_month = Plan(
            measure="total_pages",
            amount=12,
            schedule=Schedule.MONTHLY,
            time_zone="Europe/Berlin",
        )
        staff = shop.create_profile("Staff", plans=[twelve_pages_a_month]).id
        ann = shop.create_user("Ann Müller", username="ann", profile=staff).user

        pin = NewIdentity(kind="pin", alone=True)
        with_pin = shop.add_identity(ann.id, pin, expected_version=ann.version)
        print("Ann's PIN, told this once:", with_pin.identities[0].value)

        receipt = shop.charge(UserReference.Username(username="ann"), "job 1", Usage(pages=12))
        print("printed 12 pages,", receipt.lines[0].balance_after, "left")

        try:
            shop.charge(UserReference.Username(username="ann"), "job 2", Usage(pages=1))
        except errors.AllowanceExhausted as error:
            print("refused:", error)
        else:
            raise AssertionError("one page too many was not refused")


if __name__ == "__main__":
    main()
