using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Holdfast.Recording.Sql;

/// <summary>How the rows of an answer are written.</summary>
internal enum AnswerFormat
{
    /// <summary>Aligned columns for people; long cells are cut.</summary>
    Table,

    /// <summary>One array of objects.</summary>
    Json,

    /// <summary>One object a line.</summary>
    Jsonl,

    /// <summary>RFC 4180, with a line of names.</summary>
    Csv,

    /// <summary>A table of Markdown; long cells are cut.</summary>
    Markdown,
}

/// <summary>Writes an answer as its rows come; only a table waits for all of them, since it aligns.</summary>
internal static class AnswerWriter
{
    private const int MostCharacters = 200;

    // A table of more rows is not read by anyone, and would wait in memory.
    private const int MostTableRows = 10_000;

    // The engine's numbers of its types for numbers.
    private static readonly HashSet<int> Numbers = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 19, 32];

    /// <summary>Whether values must come as JSON writes them.</summary>
    public static bool NeedsJson(AnswerFormat format) => format is AnswerFormat.Json or AnswerFormat.Jsonl;

    /// <summary>Writes all rows; answers what a reader should be told besides, or null.</summary>
    public static string? Write(SqlAnswer answer, AnswerFormat format, TextWriter output)
    {
        switch (format)
        {
            case AnswerFormat.Json:
                return WriteJson(answer, output, "[", ",\n ", "]\n");
            case AnswerFormat.Jsonl:
                return WriteJson(answer, output, "", "\n", "");
            case AnswerFormat.Csv:
                return WriteCsv(answer, output);
            default:
                return WriteTable(answer, format == AnswerFormat.Markdown, output);
        }
    }

    private static string? WriteJson(SqlAnswer answer, TextWriter output, string before, string between, string after)
    {
        var names = answer.Columns.Select(name => JsonEncodedText.Encode(name).ToString()).ToArray();
        var isFirst = true;
        output.Write(before);
        while (answer.Rows.Read())
        {
            output.Write(isFirst ? "{" : between + "{");
            isFirst = false;
            for (var i = 0; i < names.Length; i++)
            {
                output.Write($"{(i == 0 ? "" : ",")}\"{names[i]}\":{answer.Rows.Text(i) ?? "null"}");
            }

            output.Write('}');
        }

        output.Write(isFirst || before.Length > 0 ? after : "\n");
        return null;
    }

    private static string? WriteCsv(SqlAnswer answer, TextWriter output)
    {
        output.Write(string.Join(',', answer.Columns.Select(Csv)) + "\r\n");
        while (answer.Rows.Read())
        {
            for (var i = 0; i < answer.Columns.Count; i++)
            {
                output.Write($"{(i == 0 ? "" : ",")}{Csv(answer.Rows.Text(i) ?? "")}");
            }

            output.Write("\r\n");
        }

        return null;
    }

    private static string Csv(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? text
        : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string? WriteTable(SqlAnswer answer, bool isMarkdown, TextWriter output)
    {
        var cut = 0;
        var isMore = false;
        var rows = new List<string[]>();
        while (answer.Rows.Read())
        {
            if (rows.Count == MostTableRows)
            {
                isMore = true;
                break;
            }

            rows.Add([.. Enumerable.Range(0, answer.Columns.Count).Select(i => Cell(answer.Rows.Text(i), isMarkdown, ref cut))]);
        }

        Write(answer, rows, isMarkdown, output);
        var notes = new List<string>();
        if (cut > 0)
        {
            notes.Add($"{cut} long cells were cut at {MostCharacters} characters");
        }

        if (isMore)
        {
            notes.Add($"only the first {MostTableRows} rows are shown");
        }

        return notes.Count == 0 ? null : $"{string.Join("; ", notes)}. --format json, jsonl and csv show everything.";
    }

    private static void Write(SqlAnswer answer, List<string[]> rows, bool isMarkdown, TextWriter output)
    {
        var names = answer.Columns.Select(name => Clean(name)).ToArray();
        var widths = names.Select((name, i) => rows.Select(row => WidthOf(row[i])).Append(WidthOf(name)).Max()).ToArray();
        var isNumber = Enumerable.Range(0, names.Length).Select(i => i < answer.Types.Count && Numbers.Contains(answer.Types[i])).ToArray();
        var (left, middle, right) = isMarkdown ? ("| ", " | ", " |") : ("", "  ", "");
        Line(names);
        output.WriteLine(isMarkdown
            ? $"|{string.Join('|', widths.Select((width, i) => isNumber[i] ? new string('-', width + 1) + ":" : new string('-', width + 2)))}|"
            : string.Join(middle, widths.Select(width => new string('-', width))));
        rows.ForEach(Line);

        void Line(string[] cells)
        {
            var line = left + string.Join(middle, cells.Select((cell, i) => Pad(cell, widths[i], isNumber[i]))) + right;
            output.WriteLine(isMarkdown ? line : line.TrimEnd());
        }
    }

    private static string Pad(string cell, int width, bool isNumber)
    {
        var blank = new string(' ', width - WidthOf(cell));
        return isNumber ? blank + cell : cell + blank;
    }

    // Near enough: a character a column.
    private static int WidthOf(string cell) => new StringInfo(cell).LengthInTextElements;

    private static string Cell(string? text, bool isMarkdown, ref int cut)
    {
        if (text is null)
        {
            return isMarkdown ? "" : "-";
        }

        if (text.Length > MostCharacters)
        {
            cut++;
            text = text[..(char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)] + "…";
        }

        var clean = Clean(text);
        return isMarkdown ? clean.Replace("|", "\\|", StringComparison.Ordinal) : clean;
    }

    // What stands in a cell may come from anywhere: it must not drive a terminal, nor break the table.
    private static string Clean(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(c is '\n' or '\r' or '\t' ? ' ' : char.IsControl(c) ? '?' : c);
        }

        return clean.ToString();
    }
}
