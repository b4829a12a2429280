using System.CommandLine;
using System.Net.Sockets;
using ModelService.Conformance;

namespace ModelService.Tool.Commands;

/// <summary>Tries whether a server speaks the Open Inference Protocol.</summary>
internal static class ConformanceCommand
{
    public static Command Create(Connection connection)
    {
        var model = new Argument<string>("model")
        {
            Description = "A model with one FP32 input, which all of its inputs of -1 take as 1.",
        };
        var grpc = new Option<Uri?>("--grpc")
        {
            Description = "The address for gRPC; without it, gRPC is not tried.",
            CustomParser = Connection.ParseAddress,
        };
        var manage = new Option<bool>("--manage") { Description = "Also unload and load the model." };
        var only = new Option<string?>("--only") { Description = "Only cases whose names have this text." };
        var command = new Command("conformance", "Tries each case of the Open Inference Protocol against a server.")
        {
            model,
            grpc,
            manage,
            only,
        };
        command.SetAction(
            (parsed, _) =>
                connection.RunAsync(
                    parsed,
                    async session =>
                    {
                        try
                        {
                            using var target = await Target.ConnectAsync(
                                session.Address,
                                parsed.GetValue(grpc),
                                parsed.GetRequiredValue(model),
                                session.Key
                            );
                            return await TryAsync(session, target, parsed.GetValue(manage), parsed.GetValue(only));
                        }
                        catch (Exception exception) when (exception is UnmetException or SocketException)
                        {
                            session.Say($"{session.Address} can't be tried: {exception.Message}");
                            return ExitCode.Failed;
                        }
                    }
                )
        );
        return command;
    }

    private static async Task<int> TryAsync(Session session, Target target, bool manages, string? only)
    {
        var tried = new List<Tried>();
        await foreach (var item in Kit.TryAsync(target, manages, only))
        {
            session.Say($"{item.Verdict, -8} {item.Case.Name}");
            tried.Add(item);
        }

        var notable = tried.Where(item => item.Verdict is Kit.Failed or "differs").ToList();
        if (notable.Count > 0)
        {
            session.Show(
                ["verdict", "case", "expected", "got"],
                notable.Select(item => (string[])[item.Verdict, item.Case.Name, item.Case.Expectation, item.Outcome])
            );
        }

        session.Show(
            ["verdict", "#cases"],
            tried.CountBy(item => item.Verdict).Select(count => (string[])[count.Key, $"{count.Value}"])
        );
        return tried.Exists(item => item.Verdict == Kit.Failed) ? ExitCode.Failed : ExitCode.Done;
    }
}
