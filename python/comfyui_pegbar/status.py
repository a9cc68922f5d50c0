"""GET /pegbar on ComfyUI: what this node sees, sends and has lost. The agent asks it, so that nothing is told twice."""


def add_route(worker, found):
    try:
        from aiohttp import web
        from server import PromptServer

        @PromptServer.instance.routes.get("/pegbar")
        async def pegbar(request):
            return web.json_response({**worker.status(), "hooks": found})
    except Exception as fault:
        worker.say("no page at /pegbar: %r" % fault)
