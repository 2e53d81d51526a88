using System.CommandLine;
using Holdfast.Configuration.Kinds;
using Holdfast.Wire.Errors;

namespace Holdfast.Cli;

/// <summary><c>holdfast explain</c>: what one of our error codes means and what to do about it.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var code = new Argument<string?>("CODE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "An error code as in the header holdfast-error of an answer; without one, all are listed.",
        };
        var command = new Command("explain", "Explain one of Holdfast's own error codes.") { code };
        command.SetAction(parsed => Explain(parsed.GetValue(code), parsed.InvocationConfiguration));
        return command;
    }

    private static int Explain(string? name, InvocationConfiguration console)
    {
        if (name is null)
        {
            var width = ErrorCodes.All.Max(code => code.Name.Length);
            foreach (var code in ErrorCodes.All)
            {
                console.Output.WriteLine($"{code.Name.PadRight(width)}  {code.Meaning}");
            }

            return ExitCodes.Done;
        }

        if (ErrorCodes.All.FirstOrDefault(code => code.Name == name) is not { } found)
        {
            var meant = NearestName.Of(name, ErrorCodes.All.Select(code => code.Name));
            console.Error.WriteLine($"\"{name}\" is not an error code of Holdfast: "
                + (meant is null ? "`holdfast explain` lists them." : $"did you mean \"{meant}\"?"));
            return ExitCodes.WrongUse;
        }

        console.Output.WriteLine($"{found.Name} ({found.Status}, {found.Class.ToString().ToLowerInvariant()})");
        console.Output.WriteLine($"  What happened:  {found.Meaning}");
        console.Output.WriteLine($"  Usual cause:    {found.Cause}");
        console.Output.WriteLine($"  What to do:     {found.Fix}");
        return ExitCodes.Done;
    }
}
