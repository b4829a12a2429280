using System.Globalization;
using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Execution;

/// <summary>
/// <c>Compute:NativeTuning</c> in a server's own process, as the operating system and OpenMP see it: the settings of a
/// process are made once.
/// </summary>
public sealed partial class NativeTuningTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Predict_NativeTuning_AnswersAndIsTunedOnlyWhenOn(bool isOn)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems' OpenMP libraries don't tell their settings.");
        using var server = await ServerProcess.StartAsync(
            data.Path,
            new Dictionary<string, string> { ["OMP_DISPLAY_ENV"] = "VERBOSE" },
            $"--ModelService:Compute:NativeTuning={isOn}",
            "--ModelService:Compute:Threads=2",
            "--ModelService:Compute:Trial=false"
        );

        // The warm-up has batches that two threads divide. They yield as soon as there is another model.
        await server.Api.CreateAsync(Networks.Slow("alone"));
        Assert.DoesNotContain(Niceness(server.Id), niceness => niceness > 0);
        await server.Api.CreateAsync(Networks.Slow("tuned"));
        var prediction = (await server.Api.PredictAsync("tuned", Networks.InputJson())).Prediction();

        Assert.Equal(1, prediction.GetProperty("probabilities").Floats().Sum(), 1e-5);
        Assert.Equal(isOn ? [19, 19] : [], Niceness(server.Id).Where(niceness => niceness > 0));
        Assert.Equal(isOn, SpinCount(server.Errors) == "10000");
    }

    // The 19th word, counted behind the name in parentheses: proc(5).
    private static IEnumerable<int> Niceness(int process) =>
        Directory
            .GetDirectories($"/proc/{process}/task")
            .Select(task => File.ReadAllText(Path.Combine(task, "stat")).Split(") ")[^1].Split(' ')[16])
            .Select(word => int.Parse(word, CultureInfo.InvariantCulture));

    // Of the settings that libgomp writes to standard error when it is loaded: GOMP_SPINCOUNT = '10000'.
    private static string SpinCount(IEnumerable<string> errors) =>
        errors.Select(line => Setting().Match(line)).Single(match => match.Success).Groups[1].Value;

    [GeneratedRegex("GOMP_SPINCOUNT = '([^']*)'")]
    private static partial Regex Setting();
}
