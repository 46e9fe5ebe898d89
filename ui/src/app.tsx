import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { basePath, ProblemError } from "./api/client";
import { keys } from "./api/queries";
import { Loading } from "./components/Loading";
import { sayProblem, Toasts } from "./components/Toast";
import { DagsRoute } from "./routes/dags";
import { HomeRoute } from "./routes/home";
import { ImportErrorsRoute } from "./routes/importErrors";
import { LoginRoute } from "./routes/login";
import { ShellRoute } from "./routes/shell";

const DagRoute = lazy(() => import("./routes/dag").then((module) => ({ default: module.DagRoute })));
const BrowseRoute = lazy(() => import("./routes/browse").then((module) => ({ default: module.BrowseRoute })));
const AdminRoute = lazy(() => import("./routes/admin").then((module) => ({ default: module.AdminRoute })));

function onError(error: Error): void {
  if (error instanceof ProblemError && error.status === 401) client.setQueryData(keys.me, null);
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) => {
      onError(error);
      // A form shows its own problem beside the field; everything else is said aloud.
      if (!mutation.options.meta?.ownProblem) sayProblem(error);
    },
  }),
  defaultOptions: {
    queries: {
      // The server pushes what changed, so nothing grows stale by age alone.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && !(error instanceof ProblemError && error.status < 500),
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={client}>
      <BrowserRouter basename={basePath || "/"}>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route path="/login" element={<LoginRoute />} />
            <Route element={<ShellRoute />}>
              <Route index element={<HomeRoute />} />
              <Route path="dags" element={<DagsRoute />} />
              <Route path="dags/:dagId" element={<DagRoute />} />
              <Route path="dags/:dagId/:view" element={<DagRoute />} />
              <Route path="import-errors" element={<ImportErrorsRoute />} />
              <Route path="browse" element={<Navigate to="/browse/sla-misses" replace />} />
              <Route path="browse/:what" element={<BrowseRoute />} />
              <Route path="admin" element={<Navigate to="/admin/variables" replace />} />
              <Route path="admin/:noun" element={<AdminRoute />} />
              <Route path="*" element={<Navigate to="/" replace />} />
            </Route>
          </Routes>
        </Suspense>
      </BrowserRouter>
      <Toasts />
    </QueryClientProvider>
  );
}
