using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Embedding;

/// <summary>
/// Somebody else's application with controllers, users, routes and JSON of its own, and Model Service in it.
/// </summary>
internal sealed class HostApplication : IAsyncDisposable
{
    /// <summary>The header that names the user of the application.</summary>
    public const string User = "X-User";

    private readonly TemporaryFolder data = new();
    private readonly WebApplication app;

    private HostApplication(Action<IEndpointConventionBuilder> demand, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders().AddProvider(new Lines(Log));
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Configuration["ModelService:Storage:Path"] = data.Path;
        builder.Configuration["ModelService:Auth:Required"] = "false";
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        builder.Services.AddModelService(builder.Configuration);
        builder.Services.AddControllers();
        builder.Services.AddProblemDetails();
        builder
            .Services.AddAuthentication(nameof(NamedUser))
            .AddScheme<AuthenticationSchemeOptions, NamedUser>(nameof(NamedUser), null);
        builder.Services.AddAuthorization();
        app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapControllers();
        app.MapGet("/own", () => new Own("as it is"));
        app.MapGet("/secret", () => "for users").RequireAuthorization();
        demand(app.MapModelService(builder.Configuration["Prefix"] ?? "/ml"));
    }

    /// <summary>The lines of the application's log.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Speaks to it.</summary>
    public ApiClient Api { get; private set; } = null!;

    /// <summary>The services of the application.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>The paths of the application's endpoints.</summary>
    public IEnumerable<string?> Paths =>
        ((IEndpointRouteBuilder)app)
            .DataSources.SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText);

    public static Task<HostApplication> StartAsync(params (string Key, string Value)[] settings) =>
        StartAsync(static _ => { }, settings);

    public static async Task<HostApplication> StartAsync(
        Action<IEndpointConventionBuilder> demand,
        params (string Key, string Value)[] settings
    )
    {
        var host = new HostApplication(demand, settings);
        await host.app.StartAsync(TestContext.Current.CancellationToken);
        host.Api = host.As(user: null);
        return host;
    }

    /// <summary>Where it listens.</summary>
    public IEnumerable<Uri> Addresses =>
        app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Select(address => new Uri(address));

    /// <summary>Speaks to it as a user of the application.</summary>
    public ApiClient As(string? user, string? key = null)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = Addresses.First(),
        };
        if (user is not null)
            http.DefaultRequestHeaders.Add(User, user);
        if (key is not null)
            http.DefaultRequestHeaders.Add("X-API-Key", key);
        return new ApiClient(http);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        data.Dispose();
    }

    private sealed class Lines(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => log.Enqueue(formatter(state, exception));

        public void Dispose() { }
    }

    private sealed record Own(string SomeText);

    private sealed class NamedUser(
        IOptionsMonitor<AuthenticationSchemeOptions> options,
        ILoggerFactory logger,
        UrlEncoder encoder
    ) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
            Task.FromResult(
                Request.Headers.TryGetValue(User, out var name)
                    ? AuthenticateResult.Success(
                        new AuthenticationTicket(
                            new ClaimsPrincipal(
                                new ClaimsIdentity([new Claim(ClaimTypes.Name, name.ToString())], "test")
                            ),
                            Scheme.Name
                        )
                    )
                    : AuthenticateResult.NoResult()
            );
    }
}

/// <summary>A controller of the application.</summary>
[ApiController]
[Route("controlled")]
public sealed class HostController : ControllerBase
{
    /// <summary>Takes a form, and answers in the application's JSON.</summary>
    [HttpPost]
    public ActionResult<IDictionary<string, string>> Post([FromForm] string someField) =>
        Ok(new Dictionary<string, string> { ["SomeField"] = someField });
}
