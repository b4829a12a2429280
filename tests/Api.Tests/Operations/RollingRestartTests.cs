using System.Diagnostics;
using System.Globalization;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Operations;

/// <summary>
/// Two servers that share a database, behind a real nginx with the configuration of <c>docker/nginx</c>: one after the
/// other is restarted while clients predict and models are changed. <c>ROLLING_RESTARTS</c> sets how often.
/// </summary>
[Waits]
public sealed class RollingRestartTests(PostgresServer postgres)
{
    private const string Nginx = "/usr/sbin/nginx";
    private const int Clients = 4;

    private static readonly int Restarts = int.Parse(
        Environment.GetEnvironmentVariable("ROLLING_RESTARTS") ?? "2",
        CultureInfo.InvariantCulture
    );

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restart_OfEachServerInTurn_FailsNoRequest()
    {
        Assert.SkipUnless(File.Exists(Nginx), "nginx is not installed (apt-get install nginx-light).");
        using var folder = new TemporaryFolder();
        string[] shared =
        [
            "--ModelService:Storage:Kind=postgres",
            $"--ModelService:Storage:Connection={postgres.CreateDatabase()}",
            $"--ModelService:Blobs:Path={Path.Combine(folder.Path, "blobs")}",
        ];
        var ports = new[] { PostgresServer.FreePort(), PostgresServer.FreePort(), PostgresServer.FreePort() };
        var servers = new[] { await StartAsync(0), await StartAsync(1) };
        using var nginx = StartNginx(folder.Path, ports);
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[2]}") };
            await WaitAsync(http);
            using var created = await http.PostAsync("/v1/models", Bodies.Json(Network("one")), Cancellation);
            Assert.Equal(201, (int)created.StatusCode);
            await WaitForModelAsync(servers);

            using var over = new CancellationTokenSource();
            var traffic = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => PredictAsync(http, over.Token)));
            for (var restart = 0; restart < Restarts; restart++)
            {
                for (var index = 0; index < servers.Length; index++)
                {
                    Assert.Equal(0, await servers[index].StopAsync());
                    servers[index].Dispose();
                    servers[index] = await StartAsync(index);
                    await WaitForModelAsync(servers);
                }
            }

            await over.CancelAsync();
            var answers = await traffic;
            Assert.Empty(answers.SelectMany(answer => answer.Failures));
            Assert.True(answers.Sum(answer => answer.Count) > Restarts * 20, "Too few requests to show anything.");
        }
        finally
        {
            nginx.Kill(entireProcessTree: true);
            foreach (var server in servers)
                server.Dispose();
        }

        Task<ServerProcess> StartAsync(int index) =>
            ServerProcess.StartAsync(
                Path.Combine(folder.Path, $"server-{index}"),
                [$"--urls=http://127.0.0.1:{ports[index]}", .. shared]
            );
    }

    private static async Task<(int Count, List<string> Failures)> PredictAsync(HttpClient http, CancellationToken over)
    {
        var (count, failures) = (0, new List<string>());
        while (!over.IsCancellationRequested)
        {
            using var answer = await http.PostAsync(
                "/v1/models/one/predict",
                Bodies.Json(Bodies.Tensors([3, 4, 4], new float[48])),
                Cancellation
            );
            count++;
            if (!answer.IsSuccessStatusCode)
                failures.Add($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
        }

        return (count, failures);
    }

    private static async Task WaitAsync(HttpClient http)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                using var answer = await http.GetAsync("/health/ready", Cancellation);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) { }

            await Task.Delay(100, Cancellation);
        }

        Assert.Fail("nginx does not answer.");
    }

    // Until both servers have loaded the model.
    private static async Task WaitForModelAsync(ServerProcess[] servers)
    {
        foreach (var server in servers)
        {
            for (var attempt = 0; ; attempt++)
            {
                using var ready = await server.Http.GetAsync("/health/ready", Cancellation);
                using var answer = await server.Http.GetAsync("/v1/models/one", Cancellation);
                if (ready.IsSuccessStatusCode && answer.IsSuccessStatusCode)
                    break;
                Assert.True(attempt < 200, "A server does not get the model.");
                await Task.Delay(100, Cancellation);
            }
        }
    }

    private static string Network(string name) =>
        $$"""
            { "name": "{{name}}", "architecture": { "input": { "channels": 3, "height": 4, "width": 4 },
              "layers": [{ "type": "flatten" }, { "type": "linear", "out_features": 2 }] } }
            """;

    private static Process StartNginx(string folder, int[] ports)
    {
        var servers = File.ReadAllText(Deployment.Path("nginx", "cluster.conf"))
            .Replace("server-1:8080", $"127.0.0.1:{ports[0]}", StringComparison.Ordinal)
            .Replace("server-2:8080", $"127.0.0.1:{ports[1]}", StringComparison.Ordinal)
            .Replace("listen 8080;", $"listen 127.0.0.1:{ports[2]};", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "cluster.conf"), servers);
        File.WriteAllText(
            Path.Combine(folder, "nginx.conf"),
            $$"""
            daemon off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            events {}
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                include {{folder}}/cluster.conf;
            }
            """
        );
        return Process.Start(Nginx, ["-p", folder, "-c", Path.Combine(folder, "nginx.conf")])!;
    }
}
