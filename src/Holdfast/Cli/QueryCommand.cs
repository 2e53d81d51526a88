using System.CommandLine;
using System.Globalization;
using System.Text;
using Holdfast.Configuration;
using Holdfast.Configuration.Kinds;
using Holdfast.Recording;
using Holdfast.Recording.Sql;

namespace Holdfast.Cli;

/// <summary><c>holdfast query</c>: asks the recordings. Needs no running gateway, and never writes.</summary>
internal static class QueryCommand
{
    private const long MemoryBytes = 1024L * 1024 * 1024;
    private const int UsualDays = 7;

    private static readonly Option<string> Format = new("--format")
    {
        DefaultValueFactory = _ => "table",
        Description = "How rows are written.",
    };

    private static readonly Option<string?> Output = new("--output")
    {
        HelpName = "FILE",
        Description = "A file to write to, in the place of standard output.",
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 60,
        Description = "How long a statement may run.",
    };

    private static readonly Option<int> Days = new("--days")
    {
        HelpName = "N",
        DefaultValueFactory = _ => UsualDays,
        Description = "How many days back it looks, today's included.",
    };

    private static readonly Option<bool> ShowSql = new("--sql") { Description = "Print the SQL and run nothing." };

    static QueryCommand() => Format.AcceptOnlyFromAmong("table", "json", "jsonl", "csv", "markdown");

    public static Command Create(IReadOnlyDictionary<string, string> environment, TimeProvider time) =>
        new("query", "Ask the recordings in SQL.")
        {
            CreateSql(environment),
            CreateSchema(environment),
            CreateOverview(environment, time),
            CreateSaved(environment, time),
        };

    private static Command CreateSql(IReadOnlyDictionary<string, string> environment)
    {
        var statement = new Argument<string>("STATEMENT") { Description = "One statement that only asks; `-` reads it from standard input." };
        var command = new Command("sql", "Run one SQL statement (DuckDB's dialect).") { statement, Format, Output, Timeout };
        command.SetAction((parsed, cancellation) =>
        {
            var given = parsed.GetValue(statement)!;
            var sql = given == "-" ? Console.In.ReadToEnd() : given;
            return Task.FromResult(new Asking(environment, parsed, cancellation).Run(sql, query => Write(query, sql, parsed)));
        });
        return command;
    }

    private static Command CreateSchema(IReadOnlyDictionary<string, string> environment)
    {
        var table = new Argument<string?>("TABLE")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "A table; without one, all are listed.",
        };
        var command = new Command("schema", "Show which tables there are, or the columns of one.") { table, Format, Output, Timeout };
        command.SetAction((parsed, cancellation) =>
        {
            var name = parsed.GetValue(table);
            if (name is not null && !RecordingViews.Names.Contains(name))
            {
                var meant = NearestName.Of(name, RecordingViews.Names) ?? string.Join(", ", RecordingViews.Names);
                parsed.InvocationConfiguration.Error.WriteLine($"There is no table \"{name}\": did you mean {meant}?");
                return Task.FromResult(ExitCodes.WrongUse);
            }

            var sql = name is null
                ? "SELECT table_name, count(*) AS columns FROM duckdb_columns() WHERE NOT internal AND schema_name = 'main' GROUP BY 1 ORDER BY 1"
                : $"SELECT column_name, column_type FROM (DESCRIBE {name})";
            return Task.FromResult(new Asking(environment, parsed, cancellation).Run(sql, query => Write(query, sql, parsed)));
        });
        return command;
    }

    private static Command CreateOverview(IReadOnlyDictionary<string, string> environment, TimeProvider time)
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON object, a member for each table." };
        var command = new Command("overview", "Show what went through lately: models, days, errors, repositories, tools.")
        {
            Days, json, ShowSql, Output, Timeout,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var sections = Overview.Sections(Since(parsed, time));
            if (parsed.GetValue(ShowSql))
            {
                parsed.InvocationConfiguration.Output.WriteLine(string.Join(";\n\n", sections.Select(section => section.Sql)) + ";");
                return Task.FromResult(ExitCodes.Done);
            }

            return Task.FromResult(new Asking(environment, parsed, cancellation).Run(
                string.Concat(sections.Select(section => section.Sql)), query =>
                WriteOverview(query, sections, parsed.GetValue(json), parsed)));
        });
        return command;
    }

    private static Command CreateSaved(IReadOnlyDictionary<string, string> environment, TimeProvider time)
    {
        var name = new Argument<string?>("NAME")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "A question; without one, all are listed.",
        };
        var command = new Command("saved", "Ask one of the questions people ask first.") { name, Days, ShowSql, Format, Output, Timeout };
        command.SetAction((parsed, cancellation) =>
        {
            var console = parsed.InvocationConfiguration;
            if (parsed.GetValue(name) is not { } wanted)
            {
                foreach (var saved in SavedQuery.All)
                {
                    console.Output.WriteLine($"{saved.Name,-12}  {saved.Title}");
                }

                return Task.FromResult(ExitCodes.Done);
            }

            if (SavedQuery.All.FirstOrDefault(saved => saved.Name == wanted) is not { } found)
            {
                var meant = NearestName.Of(wanted, SavedQuery.All.Select(saved => saved.Name));
                console.Error.WriteLine($"There is no saved question \"{wanted}\": "
                    + (meant is null ? "`holdfast query saved` lists them." : $"did you mean \"{meant}\"?"));
                return Task.FromResult(ExitCodes.WrongUse);
            }

            var sql = found.Sql(Since(parsed, time));
            if (parsed.GetValue(ShowSql))
            {
                console.Output.WriteLine(sql);
                return Task.FromResult(ExitCodes.Done);
            }

            return Task.FromResult(new Asking(environment, parsed, cancellation).Run(sql, query => Write(query, sql, parsed)));
        });
        return command;
    }

    private static string Since(ParseResult parsed, TimeProvider time) => time.GetUtcNow().UtcDateTime.Date
        .AddDays(1 - Math.Clamp(parsed.GetValue(Days), 1, 36_500)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static void Write(RecordingQuery query, string sql, ParseResult parsed)
    {
        var format = Enum.Parse<AnswerFormat>(parsed.GetValue(Format)!, ignoreCase: true);
        using var answer = query.Ask(sql, AnswerWriter.NeedsJson(format));
        WithOutput(parsed, output =>
        {
            if (AnswerWriter.Write(answer, format, output) is { } note)
            {
                parsed.InvocationConfiguration.Error.WriteLine(note);
            }
        });
    }

    private static void WriteOverview(
        RecordingQuery query, IReadOnlyList<(string Name, string Sql)> sections, bool asJson, ParseResult parsed) =>
        WithOutput(parsed, output =>
        {
            using (var probe = query.Ask(Overview.Probe, asJson: false))
            {
                probe.Rows.Read();
                if (probe.Rows.Text(0) == "0")
                {
                    output.Write(asJson ? "{}\n" : "Nothing is recorded yet. Start the gateway with `holdfast serve`, send something through it, and ask again.\n");
                    return;
                }

                if (!asJson)
                {
                    output.WriteLine($"The last {parsed.GetValue(Days)} days; {probe.Rows.Text(0)} hold anything, since {probe.Rows.Text(1)} (--days N looks further back).");
                }
            }

            var isFirst = true;
            foreach (var (name, sql) in sections)
            {
                using var answer = query.Ask(sql, asJson);
                output.Write(!asJson ? $"\n{name}\n" : isFirst ? $"{{\"{name}\":" : $",\"{name}\":");
                isFirst = false;
                AnswerWriter.Write(answer, asJson ? AnswerFormat.Json : AnswerFormat.Table, output);
            }

            output.Write(asJson ? "}\n" : "");
        });

    private static void WithOutput(ParseResult parsed, Action<TextWriter> write)
    {
        if (parsed.GetValue(Output) is not { } path)
        {
            // Rows come by the thousand: not one write for each piece.
            using var buffered = new BufferedOutput(parsed.InvocationConfiguration.Output);
            write(buffered);
            return;
        }

        using var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        write(file);
    }

    private sealed class BufferedOutput(TextWriter inner) : StringWriter(CultureInfo.InvariantCulture)
    {
        private const int Much = 64 * 1024;

        public override void Write(string? value)
        {
            base.Write(value);
            if (GetStringBuilder().Length >= Much)
            {
                Flush();
            }
        }

        public override void Flush()
        {
            inner.Write(GetStringBuilder());
            GetStringBuilder().Clear();
        }

        protected override void Dispose(bool disposing)
        {
            Flush();
            inner.Flush();
            base.Dispose(disposing);
        }
    }

    /// <summary>One run of a command: whatever it asks, within its time.</summary>
    private sealed record Asking(
        IReadOnlyDictionary<string, string> Environment, ParseResult Parsed, CancellationToken Cancellation)
    {
        private static readonly TimeSpan InterruptEvery = TimeSpan.FromMilliseconds(50);

        public int Run(string statements, Action<RecordingQuery> ask)
        {
            var error = Parsed.InvocationConfiguration.Error;
            var seconds = Math.Clamp(Parsed.GetValue(Timeout), 0.001, 86_400);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            deadline.CancelAfter(TimeSpan.FromSeconds(seconds));
            try
            {
                using var query = new RecordingQuery(RecordingFolder.In(HoldfastHome.Find(Environment)), MemoryBytes, statements);

                // More than once: an engine between two statements does not hear it.
                using var interrupt = new Timer(
                    _ => InterruptAfter(query, deadline.Token), null, InterruptEvery, InterruptEvery);
                if (query.LeftOut.Count > 0)
                {
                    error.WriteLine($"Left out, since they are missing or were cut: {string.Join(", ", query.LeftOut)}");
                }

                ask(query);
                return ExitCodes.Done;
            }
            catch (SqlException) when (deadline.IsCancellationRequested)
            {
                error.WriteLine(Cancellation.IsCancellationRequested
                    ? "Interrupted."
                    : string.Create(
                        CultureInfo.InvariantCulture, $"The statement ran for {seconds} seconds and was stopped: --timeout gives it longer."));
                return ExitCodes.Failed;
            }
            catch (SqlException refused)
            {
                error.WriteLine(refused.Message);
                return ExitCodes.WrongUse;
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                error.WriteLine($"The recordings cannot be read: {failed.Message}");
                return ExitCodes.Failed;
            }
        }

        private static void InterruptAfter(RecordingQuery query, CancellationToken deadline)
        {
            if (deadline.IsCancellationRequested)
            {
                query.Interrupt();
            }
        }
    }
}
