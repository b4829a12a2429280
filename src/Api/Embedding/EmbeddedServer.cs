using System.Diagnostics;
using System.Runtime.InteropServices;
using ModelService.Api.Pages;
using ModelService.Models.Execution;
using Serilog;
using Serilog.Extensions.Hosting;

namespace ModelService.Api.Embedding;

/// <summary>
/// The server inside another program. It has services and a pipeline of its own, so that neither changes what the
/// other's keys, routes, JSON or errors are. It gets its requests from an endpoint of the program.
/// </summary>
internal sealed class EmbeddedServer : IHostedService, IDisposable, IAsyncDisposable
{
    private readonly IHost host;
    private readonly Lazy<EmbeddedPipeline> pipeline;
    private readonly IHostApplicationLifetime lifetime;
    private CancellationTokenRegistration stopping;

    /// <summary>Creates the services.</summary>
    /// <param name="configuration">The configuration; its section <c>ModelService</c> has the options.</param>
    /// <param name="environment">The program's environment: relative paths begin with its content root.</param>
    /// <param name="logging">The program's log.</param>
    /// <param name="lifetime">Says when the program begins to stop.</param>
    public EmbeddedServer(
        IConfiguration configuration,
        IHostEnvironment environment,
        ILoggerFactory logging,
        IHostApplicationLifetime lifetime
    )
    {
        this.lifetime = lifetime;
        var builder = Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings
            {
                ApplicationName = typeof(EmbeddedServer).Assembly.GetName().Name,
                EnvironmentName = environment.EnvironmentName,
                ContentRootPath = environment.ContentRootPath,
            }
        );
        builder.Configuration.AddConfiguration(configuration);
        AddWeb(builder);
        builder.Services.AddSingleton(logging);
        builder.Services.AddSingleton<IHostLifetime, ProgramLifetime>();

        // The program logs its requests, or not; the details of ours have nowhere to go.
        builder.Services.AddSingleton<IDiagnosticContext>(new DiagnosticContext(logger: null));
        builder.AddModelService(FindProbe());
        host = builder.Build();
        pipeline = new Lazy<EmbeddedPipeline>(CreatePipeline);
    }

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Answers a request of the program.</summary>
    /// <param name="http">The request.</param>
    public Task AnswerAsync(HttpContext http) => pipeline.Value.AnswerAsync(http);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        stopping = lifetime.ApplicationStopping.Register(
            host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication
        );
        return host.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.DisposeAsync();
        await host.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => host.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ((IAsyncDisposable)host).DisposeAsync();

    private EmbeddedPipeline CreatePipeline()
    {
        var app = new ApplicationBuilder(host.Services);
        app.UseModelService(static app => app.UseEmbeddedConsole());
        return new EmbeddedPipeline(host.Services, app.Build());
    }

    // What a web server has in its services before it adds any.
    private static void AddWeb(HostApplicationBuilder builder)
    {
        // Of another name than ASP.NET's, whose events belong to the program.
        var diagnostics = new DiagnosticListener("ModelService");
        builder
            .Services.AddSingleton(diagnostics)
            .AddSingleton<DiagnosticSource>(diagnostics)
            .AddSingleton<IHttpContextFactory, DefaultHttpContextFactory>()
            .AddSingleton<IWebHostEnvironment>(new EmbeddedEnvironment(builder.Environment))
            .AddRouting();
    }

    // Starts this assembly, which is a program too, with the settings and the libraries of the one that it is in. A
    // program in a single file has none of these files; networks are then not probed, and there is no training.
    private static ProbeCommand FindProbe()
    {
        var own = typeof(EmbeddedServer).Assembly.Location;
        var program = Path.Combine(
            AppContext.BaseDirectory,
            System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name ?? ""
        );
        var (settings, libraries) = ($"{program}.runtimeconfig.json", $"{program}.deps.json");
        var dotnet = Path.GetFullPath(
            Path.Combine(
                RuntimeEnvironment.GetRuntimeDirectory(),
                "../../..",
                OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"
            )
        );
        return new[] { own, settings, libraries, dotnet }.All(File.Exists)
            ? new ProbeCommand(
                dotnet,
                "exec",
                "--runtimeconfig",
                settings,
                "--depsfile",
                libraries,
                own,
                ProbeProcess.Argument
            )
            : new ProbeCommand(null);
    }

    // The program starts and stops the server; signals are the program's business.
    private sealed class ProgramLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
