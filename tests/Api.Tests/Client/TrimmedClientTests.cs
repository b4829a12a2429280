using System.Globalization;
using ModelService.Api.Tests.Embedding;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Client;

/// <summary>
/// The client in a program that is trimmed to what it uses: the trimmer has no doubts, and the program works. What
/// compilation ahead of time forbids beyond that, the client's own build refuses (IsAotCompatible).
/// </summary>
public sealed class TrimmedClientTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <InvariantGlobalization>true</InvariantGlobalization>
            <UseCurrentRuntimeIdentifier>true</UseCurrentRuntimeIdentifier>
            <PublishTrimmed>true</PublishTrimmed>
            <TrimmerSingleWarn>false</TrimmerSingleWarn>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="ModelService.Client" Version="*-*" />
          </ItemGroup>
        </Project>
        """;

    private const string Program = """
        using Microsoft.Extensions.DependencyInjection;
        using ModelService.Client;

        var services = new ServiceCollection()
            .AddModelServiceClient(options => options.Address = new Uri(args[0]))
            .BuildServiceProvider();
        var client = services.GetRequiredService<ModelServiceClient>();
        var answer = await client.PredictAsync(args[1], Upload.FromFile(args[2]));
        Console.WriteLine(answer.Predictions[0].Top![0].Probability.ToString("R"));
        var inference = services.GetRequiredService<IInferenceClient>();
        Console.WriteLine((await inference.GetModelAsync(args[1])).Name);
        try
        {
            await client.Models.GetAsync("none");
        }
        catch (ModelServiceException exception)
        {
            Console.WriteLine(exception.Code);
        }

        using var grpc = new GrpcInferenceClient(new Uri(args[0]));
        """;

    [Fact, Waits]
    public async Task Client_Trimmed_WorksWithoutWarnings()
    {
        await using var server = new ApiServer().OnSocket();
        var api = server.Connect();
        await api.EnsureAsync(Networks.Tiny("trimmed"));
        var expected = (await api.PredictAsync("trimmed", Bodies.Photo("rocket.jpg"))).Prediction();
        using var feed = await PackedFeed.CreateAsync(["clients", "ModelService.Client"]);
        var folder = Directory.CreateDirectory(Path.Combine(feed.Path, "Program")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.csproj"), Project, Token);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), Program, Token);

        await PackedFeed.PublishAsync(folder, "--output", "out");

        var (exitCode, output) = await Command.RunProgramAsync(
            Path.Combine(folder, "out", OperatingSystem.IsWindows() ? "Program.exe" : "Program"),
            folder,
            api.BaseAddress.ToString(),
            "trimmed",
            Fixtures.Path("photos", "rocket.jpg")
        );
        Assert.True(exitCode == 0, output);
        Assert.Equal(
            [
                expected
                    .GetProperty("top")[0]
                    .GetProperty("probability")
                    .GetSingle()
                    .ToString("R", CultureInfo.InvariantCulture),
                "trimmed",
                "model_not_found",
            ],
            output.Trim().Split(Environment.NewLine)
        );
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
