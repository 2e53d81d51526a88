using System.Text.Json;
using Holdfast.Recording.Sql;
using Holdfast.TestKit;

namespace Holdfast.Tests.Recording;

public sealed class AnswerWriterTests : IDisposable
{
    private const string Two = """
        SELECT * FROM (VALUES (1, 'a', true, NULL, [1, 2]), (20, E'b "q", |x|\nnext \x1b[31m', false, 2.5, [])) t(n, text, flag, x, list)
        """;

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    [Fact]
    public void A_table_is_aligned_and_drives_no_terminal() => Assert.Equal(
        """
         n  text                   flag     x  list
        --  ---------------------  -----  ---  ------
         1  a                      true     -  [1, 2]
        20  b "q", |x| next ?[31m  false  2.5  []

        """.ReplaceLineEndings("\n"), Write(Two, AnswerFormat.Table));

    [Fact]
    public void Markdown_escapes_its_bars()
    {
        var lines = Write(Two, AnswerFormat.Markdown).Split('\n');

        Assert.StartsWith("|  n | text", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("|---:|---", lines[1], StringComparison.Ordinal);
        Assert.Contains("""b "q", \|x\| next""", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Json_keeps_types_and_texts_exactly()
    {
        var rows = JsonSerializer.Deserialize<JsonElement>(Write(Two, AnswerFormat.Json));

        Assert.Equal("""{"n":1,"text":"a","flag":true,"x":null,"list":[1,2]}""", rows[0].GetRawText());
        Assert.Equal("b \"q\", |x|\nnext \u001b[31m", rows[1].GetProperty("text").GetString());
        Assert.Equal(2.5, rows[1].GetProperty("x").GetDouble());
    }

    [Fact]
    public void Jsonl_is_an_object_a_line()
    {
        var lines = Write(Two, AnswerFormat.Jsonl).Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.Equal("", lines[2]);
        Assert.Equal(20, JsonSerializer.Deserialize<JsonElement>(lines[1]).GetProperty("n").GetInt32());
    }

    [Fact]
    public void Csv_quotes_what_needs_it() => Assert.Equal(
        "n,text,flag,x,list\r\n1,a,true,,\"[1, 2]\"\r\n20,\"b \"\"q\"\", |x|\nnext \u001b[31m\",false,2.5,[]\r\n",
        Write(Two, AnswerFormat.Csv));

    [Theory]
    [InlineData("json", "[]\n")]
    [InlineData("jsonl", "")]
    [InlineData("csv", "a\r\n")]
    [InlineData("table", "a\n-\n")]
    [InlineData("markdown", "| a |\n|--:|\n")]
    public void No_rows_are_no_rows(string format, string expected) =>
        Assert.Equal(expected, Write("SELECT 1 AS a WHERE false", Enum.Parse<AnswerFormat>(format, ignoreCase: true)));

    [Fact]
    public void A_long_cell_is_cut_for_people_and_whole_for_programs()
    {
        const string Sql = "SELECT repeat('x', 1000) AS long";

        Assert.Contains(new string('x', 200) + "…\n", Write(Sql, AnswerFormat.Table, out var note), StringComparison.Ordinal);
        Assert.Contains("1 long cells were cut", note, StringComparison.Ordinal);
        Assert.Contains(new string('x', 1000), Write(Sql, AnswerFormat.Csv, out note), StringComparison.Ordinal);
        Assert.Null(note);
    }

    [Fact]
    public void Two_columns_of_one_name_keep_it() =>
        Assert.Equal("a,a\r\n1,2\r\n", Write("SELECT 1 AS a, 2 AS a", AnswerFormat.Csv));

    private string Write(string sql, AnswerFormat format) => Write(sql, format, out _);

    private string Write(string sql, AnswerFormat format, out string? note)
    {
        using var query = new RecordingQuery(_recordings.Folder, 512 * 1024 * 1024, sql);
        using var answer = query.Ask(sql, AnswerWriter.NeedsJson(format));
        using var output = new StringWriter { NewLine = "\n" };
        note = AnswerWriter.Write(answer, format, output);
        return output.ToString();
    }
}
