using System.Text;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Agents;

/// <summary>What came of every run, one table for each question: <c>./test clients</c> shows them. Owns the file.</summary>
public sealed class ResultTable : IDisposable
{
    private readonly List<Result> _results = [];

    internal void Add(string table, string agent, string column, AgentRun run) => _results.Add(new(table, agent, column,
        $"{(run.Complaints.Count == 0 ? "ok" : "FAILED")} {run.Took.TotalSeconds:0.0} s"));

    public void Dispose()
    {
        if (_results.Count == 0)
        {
            return;
        }

        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "tests"));
        File.WriteAllText(Path.Combine(folder.FullName, "clients.table"),
            string.Join('\n', _results.GroupBy(result => result.Table).Select(table => TextOf(RowsOf(table.Key, [.. table])))));
    }

    private static List<string[]> RowsOf(string title, List<Result> results)
    {
        var columns = results.Select(result => result.Column).Distinct().ToList();
        return
        [
            [title, .. columns],
            .. results.GroupBy(result => result.Agent).Select(row => (string[])
            [
                $"{row.Key} {Agent.Named(row.Key).Version}",
                .. columns.Select(column => row.FirstOrDefault(result => result.Column == column)?.Text ?? "no result"),
            ]),
        ];
    }

    private static string TextOf(List<string[]> rows)
    {
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToList();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.AppendJoin("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).Append('\n');
        }

        return text.ToString();
    }

    private sealed record Result(string Table, string Agent, string Column, string Text);
}
