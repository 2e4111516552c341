"""Forms that citizens fill in: fillable PDFs that come back and are read (docs/decisions/140).

A kind (`kinds.FormKind`) describes its fields as plain data, says what is stored now, and saves what is taken. `rendering`
writes the PDF, `identity` its number, `reading` looks at what came back.
"""
