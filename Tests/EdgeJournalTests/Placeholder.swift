// EdgeJournalTests
